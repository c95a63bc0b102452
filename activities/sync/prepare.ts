import { secretValues } from '../../domain/diff/secret-values.ts';
import { type DocumentError, describeErrors } from '../../domain/document-error.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { isDaemonSet } from '../../domain/manifest/object.ts';
import { kindOrder } from '../../domain/manifest/order.ts';
import { gateBatchErrors } from '../../domain/policy/gate-batches.ts';
import { resolvePolicy } from '../../domain/policy/resolve.ts';
import type { ResolvedPolicy } from '../../domain/policy/source.ts';
import { surgeWarning } from '../../domain/policy/surge.ts';
import type { DaemonSetSync, ObjectChange, SyncPlan } from '../../domain/sync.ts';
import { lanes, type Rendered, type SyncContext } from './context.ts';
import { judgeDaemonSet } from './daemon-set.ts';
import { droppedDaemonSets, returnWarnings } from './dropped.ts';
import { type Examined, examineObject } from './examine.ts';
import { locateObjects } from './locate.ts';
import { inParallel } from './parallel.ts';
import { pinWarnings } from './pin-warning.ts';
import { warningsOf } from './warnings.ts';

const shownErrors = 10;
const maxPolicyBytes = 40 * 1024;
const leastForeignSecret = 8;

/** What a commit would change, and what was found out on the way. */
export interface Prepared {
  plan: SyncPlan;
  /** With every field change. */
  objects: ObjectChange[];
  examined: Examined[];
  /** What the Secrets of the commit and their live ones hold. */
  secrets: string[];
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
  // Copies of a secret elsewhere are only told from other texts when it is long enough to be one.
  const secrets = secretValues(located.flatMap(({ object, live }) => [object.body, live]));
  const long = secrets.filter((text) => text.length >= leastForeignSecret);
  const results = await inParallel(located, lanes, (item) =>
    examineObject(context, item, item.object.kind === 'Secret' ? secrets : long),
  );
  const examined = results.filter((result): result is Examined => 'desired' in result);
  refuse(
    commit,
    results.filter((result): result is DocumentError => !('desired' in result)),
  );
  const { prune, warnings, returning } = await droppedDaemonSets(context, commit, examined);
  const others = examined.filter(({ object }) => !isDaemonSet(object));
  const daemonSets = examined.filter(({ object }) => isDaemonSet(object));
  const judged = await inParallel(daemonSets, lanes, async (item) => {
    const resolved = resolvePolicy(item.object, rendered.policies ?? [], context.spec);
    return { resolved, examined: item, sync: await judgeDaemonSet(context, item, objects, resolved.policy) };
  });
  refuse(
    commit,
    judged.flatMap(({ resolved, sync }) => gateBatchErrors(resolved, daemonSetLabel(sync))),
  );
  refusePolicies(judged.map(({ sync }) => sync));
  const back = returnWarnings(
    returning,
    judged.map(({ sync }) => sync),
  );
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
    warnings: [...refusals(examined), ...warnings, ...back, ...warningsOf(examined, context.application, notes)],
  };
  return { plan, objects: examined.map(objectChange), examined, secrets, daemonSets: judged };
}

function refusals(examined: readonly Examined[]): string[] {
  return examined.flatMap(({ refusal }) => (refusal === undefined ? [] : [`a sync would be refused: ${refusal}`]));
}

function refuse(commit: string, errors: readonly DocumentError[]): void {
  if (errors.length === 0) return;
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  throw new NodewaveError(
    'BadInput',
    `commit ${commit.slice(0, 8)} has ${count}, nothing was applied:\n${describeErrors(errors, shownErrors)}`,
  );
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

function objectChange({ object, action, changes, notes, refusal }: Examined): ObjectChange {
  const { apiVersion, kind, namespace, name } = object;
  return {
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    action,
    fields: changes,
    ...(notes.length === 0 ? {} : { notes }),
    ...(refusal === undefined ? {} : { refusal }),
  };
}
