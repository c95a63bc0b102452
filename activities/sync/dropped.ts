import {
  pruneOffWarning,
  pruneWarning,
  returnRefusal,
  returnWarning,
} from '../../domain/application/prune-sentences.ts';
import { sameDaemonSet } from '../../domain/application/state.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { isDaemonSet } from '../../domain/manifest/object.ts';
import type { GoodRevision } from '../../domain/record.ts';
import type { DaemonSetSync, PrunedDaemonSet } from '../../domain/sync.ts';
import type { SyncContext } from './context.ts';
import type { Examined } from './examine.ts';
import { managedDaemonSets } from './managed.ts';
import { type Begun, readBegun } from './prune-begun.ts';
import { countLeft } from './prune-view.ts';

const shownErrors = 10;

/** What of the cluster git does not hold any more. */
export interface Dropped {
  prune: PrunedDaemonSet[];
  warnings: string[];
  /** Of what git holds again while pods of it are left from pruning. */
  returning: Returning[];
}

/** A DaemonSet that is gone, pods of which pruning has left. */
export interface Returning {
  ref: { namespace: string; name: string };
  pods: number;
  /** The template of these pods, as far as is known. */
  good?: GoodRevision;
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
  const begun = (await readBegun(context, namespaces)).filter(({ record }) => !live.has(record.daemonSetUid));
  const isBack = ({ ref }: Begun): boolean => kept.has(daemonSetLabel(ref));
  const halves = await Promise.all(begun.filter((one) => !isBack(one)).map((one) => halfPruned(context, one)));
  const left = halves.filter((half) => half !== null);
  const returning = await Promise.all(begun.filter(isBack).map((one) => comingBack(context, one)));
  const prune = [...missing, ...left.flatMap((half) => ('uid' in half ? [half] : []))];
  return {
    prune,
    // Where no pod is left there is still a record to remove, which concerns nobody.
    warnings: [
      ...prune.filter(isOfInterest).map(pruneWarning),
      ...left.flatMap((half) => ('off' in half ? [half.off] : [])),
    ],
    returning: returning.filter(({ pods }) => pods > 0),
  };
}

/**
 * What the plan says of a DaemonSet that comes back while pods of it are left. With another template it is refused: an install
 * replaces no pod, so they would stay on the old one.
 */
export function returnWarnings(returning: readonly Returning[], planned: readonly DaemonSetSync[]): string[] {
  return returning.flatMap(({ ref, pods, good }) => {
    const sync = planned.find((one) => sameDaemonSet(one, ref) && one.verdict === 'install');
    if (sync === undefined) return [];
    if (good === undefined || good.templateDigest === sync.templateDigest) return [returnWarning(ref, pods)];
    throw new NodewaveError('BadInput', returnRefusal(ref, pods, good.commit));
  });
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

async function comingBack({ client }: SyncContext, { ref, record }: Begun): Promise<Returning> {
  const { daemonSetUid: uid, pruning, good } = record;
  const selector = pruning?.selector ?? '';
  const pods = await countLeft(client, { namespace: ref.namespace, uid, selector });
  return { ref, pods, ...(good[0] === undefined ? {} : { good: good[0] }) };
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
