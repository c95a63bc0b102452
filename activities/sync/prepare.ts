import { type DocumentError, describeErrors } from '../../domain/document-error.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { isDaemonSet } from '../../domain/manifest/object.ts';
import { kindOrder } from '../../domain/manifest/order.ts';
import { resolvePolicy } from '../../domain/policy/resolve.ts';
import type { ResolvedPolicy } from '../../domain/policy/source.ts';
import { surgeWarning } from '../../domain/policy/surge.ts';
import type { DaemonSetSync, ObjectChange, PrunedDaemonSet, SyncPlan } from '../../domain/sync.ts';
import { lanes, type Rendered, type SyncContext } from './context.ts';
import { judgeDaemonSet } from './daemon-set.ts';
import { type Examined, examineObject } from './examine.ts';
import { locateObjects } from './locate.ts';
import { managedDaemonSets } from './managed.ts';
import { inParallel } from './parallel.ts';
import { pinWarnings } from './pin-warning.ts';
import { warningsOf } from './warnings.ts';

const shownErrors = 10;
const maxPolicyBytes = 40 * 1024;

/** What a commit would change, and what was found out on the way. */
export interface Prepared {
  plan: SyncPlan;
  /** With every field change. */
  objects: ObjectChange[];
  daemonSets: { sync: DaemonSetSync; examined: Examined; resolved: ResolvedPolicy }[];
}

/** What a commit would change, with every field change. Applies nothing. */
export async function prepareChangeSet(context: SyncContext, commit: string, rendered: Rendered): Promise<Prepared> {
  const objects = kindOrder(rendered.objects);
  if (objects.length === 0) {
    const { path } = context.spec.source;
    throw new NodewaveError('BadInput', `commit ${commit.slice(0, 8)} has no objects in ${path}; nothing was applied`);
  }
  const { located, errors } = await locateObjects(context, objects);
  refuse(commit, errors);
  const results = await inParallel(located, lanes, (item) => examineObject(context, item));
  const examined = results.filter((result): result is Examined => 'desired' in result);
  refuse(
    commit,
    results.filter((result): result is DocumentError => !('desired' in result)),
  );
  const prune = await missingDaemonSets(context, commit, examined);
  const others = examined.filter(({ object }) => !isDaemonSet(object));
  const daemonSets = examined.filter(({ object }) => isDaemonSet(object));
  const judged = await inParallel(daemonSets, lanes, async (item) => {
    const resolved = resolvePolicy(item.object, rendered.policies ?? [], context.spec);
    return { resolved, examined: item, sync: await judgeDaemonSet(context, item, objects, resolved.policy) };
  });
  refusePolicies(judged.map(({ sync }) => sync));
  const surges = judged.map(({ examined, resolved }) => surgeWarning(examined.object, resolved.policy.maxUnavailable));
  const pins = await pinWarnings(
    context.client,
    judged.map(({ resolved }) => resolved.policy),
  );
  const notes = [...surges.filter((sentence) => sentence !== null), ...pins, ...(rendered.warnings ?? [])];
  const plan: SyncPlan = {
    commit,
    subject: rendered.subject,
    renderedDigest: rendered.renderedDigest,
    others: {
      create: others.filter(({ action }) => action === 'create').length,
      configure: others.filter(({ action }) => action === 'configure').length,
      unchanged: others.filter(({ action }) => action === 'unchanged').length,
    },
    daemonSets: judged.map(({ sync }) => sync),
    ...(prune.length === 0 ? {} : { prune }),
    warnings: [...prune.map(pruneWarning), ...warningsOf(examined, context.application, notes)],
  };
  return { plan, objects: examined.map(objectChange), daemonSets: judged };
}

function refuse(commit: string, errors: readonly DocumentError[]): void {
  if (errors.length === 0) return;
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  throw new NodewaveError(
    'BadInput',
    `commit ${commit.slice(0, 8)} has ${count}, nothing was applied:\n${describeErrors(errors, shownErrors)}`,
  );
}

/**
 * A managed DaemonSet that git no longer has may have been deleted on purpose or by a slip, and without pruning nobody
 * would ever notice. It keeps running; a person says which of the two it was. With `sync.prune` that was said beforehand.
 */
async function missingDaemonSets(
  context: SyncContext,
  commit: string,
  examined: readonly Examined[],
): Promise<PrunedDaemonSet[]> {
  const namespaces = examined.map(({ object }) => object.namespace).filter((name) => name !== undefined);
  const managed = await managedDaemonSets(context, namespaces);
  const kept = new Set(
    examined
      .filter(({ object }) => isDaemonSet(object))
      .map(({ object }) => daemonSetLabel({ namespace: object.namespace ?? '', name: object.name })),
  );
  const missing = managed
    .map(({ metadata, status }) => ({
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      uid: metadata.uid,
      pods: status?.currentNumberScheduled ?? 0,
    }))
    .filter((ref) => !kept.has(daemonSetLabel(ref)));
  if (missing.length === 0 || context.spec.sync.prune) return missing;
  const sentences = missing.slice(0, shownErrors).map(({ namespace, name }) => {
    const command = (verb: string): string => `kubectl ${verb} daemonset ${name} -n ${namespace}`;
    return (
      `DaemonSet ${daemonSetLabel({ namespace, name })} is no longer in git (${context.spec.source.path}); it keeps running, because prune is off. ` +
      `Put it back, or stop it with \`${command('delete')}\`, or keep it unmanaged with \`${command('annotate')} nodewave.dev/application-\``
    );
  });
  throw new NodewaveError(
    'BadInput',
    `commit ${commit.slice(0, 8)} drops what is managed, nothing was applied:\n${sentences.join('\n')}`,
  );
}

function pruneWarning({ namespace, name, pods }: PrunedDaemonSet): string {
  return `DaemonSet ${daemonSetLabel({ namespace, name })} is no longer in git: it is deleted with its ${pods} pods once everything else of the commit has succeeded (sync.prune)`;
}

/** They enter workflow history with the plan, which has a bound. */
function refusePolicies(daemonSets: readonly DaemonSetSync[]): void {
  const own = daemonSets.filter(({ policy }) => policy !== undefined);
  const bytes = own.reduce((sum, { policy }) => sum + Buffer.byteLength(JSON.stringify(policy)), 0);
  if (bytes <= maxPolicyBytes) return;
  throw new NodewaveError(
    'BadInput',
    `the policies of ${own.length} DaemonSets that differ from spec.rollout of the NodeApplication are ${bytes} bytes together; ` +
      `at most ${maxPolicyBytes} fit. Write into spec.rollout what most of them share, or make two applications of it`,
  );
}

function objectChange({ object, action, changes }: Examined): ObjectChange {
  const { apiVersion, kind, namespace, name } = object;
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name, action, fields: changes };
}
