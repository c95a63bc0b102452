import { pruneOffWarning, pruneWarning } from '../../domain/application/prune-sentences.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { isDaemonSet } from '../../domain/manifest/object.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import type { PrunedDaemonSet } from '../../domain/sync.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import { listRecords } from '../cluster/record-store.ts';
import type { SyncContext } from './context.ts';
import type { Examined } from './examine.ts';
import { managedDaemonSets } from './managed.ts';
import { countLeft } from './prune-view.ts';

const shownErrors = 10;

/** What of the cluster git does not hold any more. */
export interface Dropped {
  prune: PrunedDaemonSet[];
  warnings: string[];
}

/**
 * A managed DaemonSet that git no longer has may have been deleted on purpose or by a slip, and without pruning nobody
 * would ever notice. It keeps running; a person says which of the two it was. With `sync.prune` that was said beforehand.
 */
export async function droppedDaemonSets(
  context: SyncContext,
  commit: string,
  examined: readonly Examined[],
): Promise<Dropped> {
  const { source, sync } = context.spec;
  const namespaces = examined.map(({ object }) => object.namespace).filter((name) => name !== undefined);
  const kept = new Set(
    examined
      .filter(({ object }) => isDaemonSet(object))
      .map(({ object }) => daemonSetLabel({ namespace: object.namespace ?? '', name: object.name })),
  );
  const managed = await managedDaemonSets(context, namespaces);
  const missing = managed
    .map(({ metadata, status }) => ({
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      uid: metadata.uid,
      pods: status?.currentNumberScheduled ?? 0,
      ...(typeof sync.prune === 'object' ? { batches: sync.prune } : {}),
    }))
    .filter((ref) => !kept.has(daemonSetLabel(ref)));
  if (missing.length > 0 && sync.prune === false) throw keptRunning(commit, source.path, missing);
  const live = new Set(managed.map(({ metadata }) => metadata.uid));
  const begun = (await readBegun(context, namespaces)).filter(
    ({ ref, record }) => !kept.has(daemonSetLabel(ref)) && !live.has(record.daemonSetUid),
  );
  const halves = await Promise.all(begun.map((one) => halfPruned(context, one)));
  const left = halves.filter((half) => half !== null);
  const prune = [...missing, ...left.flatMap((half) => ('uid' in half ? [half] : []))];
  return {
    prune,
    // Where no pod is left there is still a record to remove, which concerns nobody.
    warnings: [
      ...prune.filter(isOfInterest).map(pruneWarning),
      ...left.flatMap((half) => ('off' in half ? [half.off] : [])),
    ],
  };
}

function isOfInterest({ pods, batches }: PrunedDaemonSet): boolean {
  return pods > 0 || batches?.begun === undefined;
}

function keptRunning(commit: string, path: string, missing: readonly PrunedDaemonSet[]): NodewaveError {
  const sentences = missing.slice(0, shownErrors).map(({ namespace, name }) => {
    const command = (verb: string): string => `kubectl ${verb} daemonset ${name} -n ${namespace}`;
    return (
      `DaemonSet ${daemonSetLabel({ namespace, name })} is no longer in git (${path}); it keeps running, because prune is off. ` +
      `Put it back, or stop it with \`${command('delete')}\`, or keep it unmanaged with \`${command('annotate')} nodewave.dev/application-\``
    );
  });
  return new NodewaveError(
    'BadInput',
    `commit ${commit.slice(0, 8)} drops what is managed, nothing was applied:\n${sentences.join('\n')}`,
  );
}

type Begun = Awaited<ReturnType<typeof listRecords>>[number];

/** Records of DaemonSets whose pruning has begun; only they still know of it when Temporal's database was lost, or pruning cut off. */
async function readBegun({ client, application, spec }: SyncContext, namespaces: readonly string[]): Promise<Begun[]> {
  const hasBegun = (record: DaemonSetRecord): boolean => record.pruning !== undefined;
  try {
    return await listRecords(client, application, hasBegun);
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    const all = [...new Set([spec.destination.namespace, ...namespaces])];
    const found = await Promise.all(all.map((namespace) => listRecords(client, application, hasBegun, namespace)));
    return found.flat();
  }
}

/** What is left of a DaemonSet that is gone, or with pruning switched off a sentence about it. */
async function halfPruned(
  { client, spec }: SyncContext,
  { ref, record }: Begun,
): Promise<PrunedDaemonSet | { off: string } | null> {
  const { pruning, daemonSetUid: uid } = record;
  if (pruning === undefined) return null;
  const { prune } = spec.sync;
  const { selector, stopped } = pruning;
  const pods = await countLeft(client, { namespace: ref.namespace, uid, selector });
  if (prune === false) return pods === 0 ? null : { off: pruneOffWarning(ref, pods, selector) };
  const how = prune === true ? { inBatches: '100%' as const, pauseMs: 0 } : prune;
  return { ...ref, uid, pods, batches: { ...how, begun: true, ...(stopped === undefined ? {} : { stopped }) } };
}
