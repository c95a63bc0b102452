import { ApplicationFailure } from '@temporalio/activity';
import type { Stragglers } from '../../domain/application/state.ts';
import { canonicalJson, digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { annotations, daemonSetLabel } from '../../domain/ids.ts';
import { shortCommit } from '../../domain/markdown.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import { endPhases } from '../../domain/rollout/phases.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { readRecord } from '../cluster/record-store.ts';
import type { SyncActivities } from '../contract.ts';
import { describeEdit, lastEditor } from '../rollout/edits.ts';
import { leftBehind } from './left-behind.ts';

type Question = Parameters<SyncActivities['waitForStragglers']>[0];

/** Names reported per DaemonSet: the catch-up finds its nodes by itself, the names are for people. */
const namesReported = 20;

/** Share of the interval by which the looks of many applications are spread, to both sides. */
const jitter = 0.2;

/**
 * One look of `waitForStragglers`. In the usual case that is one GET of each DaemonSet. A cluster that cannot be asked is no news: whoever
 * has something to do there says so.
 * @throws ApplicationFailure BENIGN while there is nothing to catch up: the server starts the next look
 */
export async function lookForStragglers(
  client: ClusterClient,
  question: Question,
  random: () => number = Math.random,
): Promise<Awaited<ReturnType<SyncActivities['waitForStragglers']>>> {
  const stragglers: Stragglers[] = [];
  const edits: Record<string, string> = {};
  for (const watched of question.daemonSets) {
    const { namespace, name, templateDigest } = watched;
    const { nodes = [], edit } = await look(client, question.application, watched);
    if (edit !== undefined) edits[daemonSetLabel(watched)] = edit;
    if (nodes.length === 0 || Date.now() < watched.notBeforeMs) continue;
    stragglers.push({ namespace, name, templateDigest, nodes: nodes.slice(0, namesReported) });
  }
  const isNews = canonicalJson(edits) !== canonicalJson(question.edits ?? {});
  if (stragglers.length > 0 || isNews) return { stragglers, edits };
  throw ApplicationFailure.create({
    type: 'NoStragglers',
    message: 'every node is on the live template, or kept from it',
    category: 'BENIGN',
    nextRetryDelay: Math.round(question.everyMs * (1 - jitter + 2 * jitter * random())),
  });
}

async function look(
  client: ClusterClient,
  application: string,
  watched: Question['daemonSets'][number],
): Promise<{ nodes?: string[]; edit?: string }> {
  try {
    const live = await client.get<DaemonSet>(paths.daemonSet(watched));
    if (live === null || live.metadata.annotations?.[annotations.application] !== application) return {};
    const { status, spec } = live;
    const asLeft = digest(spec.template) === watched.templateDigest && spec.updateStrategy?.type === 'OnDelete';
    if (asLeft && status?.updatedNumberScheduled === status?.desiredNumberScheduled) return {};
    const stored = await readRecord(client, watched);
    if (stored === null || stored.record.daemonSetUid !== live.metadata.uid) return {};
    const { record } = stored;
    // A rollout that this application does not know, after a loss of Temporal's database for example.
    if (record.target !== null && !(endPhases as readonly string[]).includes(record.phase)) return {};
    // Somebody else has a hand in it, and a rollout of ours would be in their way.
    if (!asLeft) return { edit: describeEdit(live, record) ?? describePutBack(live, record) };
    return { nodes: await leftBehind(client, live, record, watched.policy) };
  } catch (error) {
    if (error instanceof NodewaveError) return {};
    throw error;
  }
}

/** A template that the record knows, put live by somebody while no rollout ran: "kubectl rollout undo" does that (S30). */
function describePutBack(live: DaemonSet, record: DaemonSetRecord): string {
  const name = daemonSetLabel({ namespace: live.metadata.namespace ?? '', name: live.metadata.name });
  const earlier = record.good.find((good) => good.templateDigest === digest(live.spec.template));
  const which = earlier === undefined ? 'an earlier template' : `the template of commit ${shortCommit(earlier.commit)}`;
  return `${lastEditor(live, record.application)} put ${which} back live on DaemonSet ${name}; no pod is deleted until it is put back or taken into git`;
}
