import { ApplicationFailure } from '@temporalio/activity';
import type { Stragglers } from '../../domain/application/state.ts';
import { digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { annotations } from '../../domain/ids.ts';
import { endPhases } from '../../domain/rollout/phases.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { readRecord } from '../cluster/record-store.ts';
import type { SyncActivities } from '../contract.ts';
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
): Promise<{ stragglers: Stragglers[] }> {
  const stragglers: Stragglers[] = [];
  for (const watched of question.daemonSets) {
    if (Date.now() < watched.notBeforeMs) continue;
    const { namespace, name, templateDigest } = watched;
    const nodes = await nodesOf(client, question.application, watched);
    if (nodes.length > 0) stragglers.push({ namespace, name, templateDigest, nodes: nodes.slice(0, namesReported) });
  }
  if (stragglers.length > 0) return { stragglers };
  throw ApplicationFailure.create({
    type: 'NoStragglers',
    message: 'every node is on the live template, or kept from it',
    category: 'BENIGN',
    nextRetryDelay: Math.round(question.everyMs * (1 - jitter + 2 * jitter * random())),
  });
}

async function nodesOf(
  client: ClusterClient,
  application: string,
  watched: Question['daemonSets'][number],
): Promise<string[]> {
  try {
    const live = await client.get<DaemonSet>(paths.daemonSet(watched));
    if (live === null || live.metadata.annotations?.[annotations.application] !== application) return [];
    const { status } = live;
    if (status?.updatedNumberScheduled === status?.desiredNumberScheduled) return [];
    // With another template live, somebody else has a hand in it, and a rollout of ours would be in their way.
    if (digest(live.spec.template) !== watched.templateDigest) return [];
    const stored = await readRecord(client, watched);
    if (stored === null || stored.record.daemonSetUid !== live.metadata.uid) return [];
    const { record } = stored;
    // A rollout that this application does not know, after a loss of Temporal's database for example.
    if (record.target !== null && !(endPhases as readonly string[]).includes(record.phase)) return [];
    return await leftBehind(client, live, record, watched.policy);
  } catch (error) {
    if (error instanceof NodewaveError) return [];
    throw error;
  }
}
