import { claimOf } from '../../domain/adopt/claim.ts';
import { baseOf } from '../../domain/desired.ts';
import { digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { ManifestObject } from '../../domain/manifest/object.ts';
import { type DaemonSetRecord, emptyRecord, type PodTemplate } from '../../domain/record.ts';
import type { DaemonSetSync } from '../../domain/sync.ts';
import type { KubeObject } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { isForced, type SyncContext } from './context.ts';
import { judgeLiveTemplate } from './last-good.ts';
import { templateOf } from './predict.ts';
import { releasedPhase, updateRecord } from './record.ts';
import { takeOverFields } from './take-over.ts';
import { writeAroundTemplate } from './write-daemon-set.ts';

/**
 * Takes a running DaemonSet over without restarting a pod: first who owns its fields, then `OnDelete` and the annotation
 * in one write that sends the live template back, then its record. Each step finds out by itself whether it was done
 * before. A live template that has proven itself becomes last good.
 */
export async function adoptDaemonSet(
  context: SyncContext,
  object: ManifestObject,
  sync: DaemonSetSync,
  commit: string,
  signal: AbortSignal,
): Promise<void> {
  const { client, application } = context;
  const read = async (): Promise<KubeObject> =>
    await takeOverFields(
      client,
      paths.daemonSet(sync),
      await readAdoptable(context, sync),
      application,
      isForced(context),
    );
  const written = await writeAroundTemplate(context, object, read, true);
  const owner = { application, uid: written.metadata.uid };
  const template = templateOf(written);
  const templateDigest = digest(template);
  const base = baseOf(object.body);
  // Known from here on, so that it never looks like somebody's edit.
  await updateRecord(client, sync, owner, (record) => ({
    ...record,
    base,
    phase: record.phase === releasedPhase ? emptyRecord(application, owner.uid).phase : record.phase,
    templates: { ...record.templates, [templateDigest]: template },
  }));
  const seen = await judgeLiveTemplate(client, sync, written.metadata.generation ?? 0, signal);
  await updateRecord(client, sync, owner, (record) => {
    const { good } = seen;
    if (good === null || record.good.length > 0 || record.target !== null) return null;
    const fromGit = sync.verdict !== 'rollout' && good.templateDigest === sync.templateDigest;
    const origin = fromGit ? { commit, quarantineKey: sync.quarantineKey } : { commit: 'adopted' };
    return withGood(record, { ...good, ...origin, atMs: Date.now() }, seen.template);
  });
}

function withGood(
  record: DaemonSetRecord,
  good: DaemonSetRecord['good'][number],
  template: PodTemplate,
): DaemonSetRecord {
  return { ...record, good: [good], templates: { ...record.templates, [good.templateDigest]: template } };
}

async function readAdoptable(context: SyncContext, sync: DaemonSetSync): Promise<KubeObject> {
  const live = await context.client.get<KubeObject>(paths.daemonSet(sync));
  const name = daemonSetLabel(sync);
  if (live === null) throw new NodewaveError('Conflict', `DaemonSet ${name} was deleted meanwhile; sync again`);
  const claim = claimOf(live.metadata, context.application, isForced(context));
  if (claim.by !== 'foreign') return live;
  throw new NodewaveError('Conflict', `DaemonSet ${name} is managed by ${claim.who} meanwhile; ${claim.cure}`);
}
