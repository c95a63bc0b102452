import { canonicalJson, digest } from '../../domain/digest.ts';
import { quarantineKey } from '../../domain/manifest/digests.ts';
import type { ManifestObject } from '../../domain/manifest/object.ts';
import { at } from '../../domain/plain.ts';
import { statedBudget } from '../../domain/policy/surge.ts';
import { type DaemonSetRecord, emptyRecord } from '../../domain/record.ts';
import { endPhases } from '../../domain/rollout/phases.ts';
import type { RolloutPolicy } from '../../domain/rollout/policy.ts';
import type { DaemonSetSync, DaemonSetVerdict } from '../../domain/sync.ts';
import type { DaemonSet, KubeObject } from '../cluster/objects.ts';
import { readRecord } from '../cluster/record-store.ts';
import type { SyncContext } from './context.ts';
import type { Examined } from './examine.ts';
import { leftBehind } from './left-behind.ts';
import { templateOf } from './predict.ts';

/** What the sync means for one DaemonSet of the commit. */
export async function judgeDaemonSet(
  context: SyncContext,
  examined: Examined,
  objects: readonly ManifestObject[],
  policy: RolloutPolicy = context.spec.rollout,
): Promise<DaemonSetSync> {
  const { object, live } = examined;
  const namespace = object.namespace ?? context.spec.destination.namespace;
  const { name } = object;
  const stored = live === null ? null : await readRecord(context.client, { namespace, name });
  const record = stored !== null && isOf(stored.record, live, context.application) ? stored.record : null;
  const template = templateOf(object.body);
  // Keyed on git's own text: what others add to the live template must not lift a quarantine.
  const key = quarantineKey(digest(template), objects, template, namespace);
  const held = record?.quarantine.find((entry) => entry.key === key);
  const verdict = held === undefined ? await verdictOf(context, examined, record, policy) : 'held';
  return {
    namespace,
    name,
    verdict,
    // Managed, but its record is lost: adopting it again makes a new one and restarts nothing.
    adopt: live !== null && (examined.adopt || record === null || hasProvenItself(live, record)),
    templateDigest: digest(templateOf(examined.desired)),
    quarantineKey: key,
    maxUnavailable: statedBudget(object)?.value ?? null,
    // Most DaemonSets have that of their application, which is in the history already.
    ...(canonicalJson(policy) === canonicalJson(context.spec.rollout) ? {} : { policy }),
    ...(held === undefined ? {} : { heldReason: held.reason }),
  };
}

/** Not of a DaemonSet of the same name that is gone, nor of an application that has released it. */
function isOf(record: DaemonSetRecord, live: KubeObject | null, application: string): boolean {
  return record.daemonSetUid === live?.metadata.uid && record.application === application;
}

async function verdictOf(
  { client }: SyncContext,
  examined: Examined,
  record: DaemonSetRecord | null,
  policy: RolloutPolicy,
): Promise<DaemonSetVerdict> {
  const { live, desired, changes, adopt } = examined;
  if (live === null) return 'install';
  if (digest(templateOf(desired)) !== digest(templateOf(live))) return 'rollout';
  if (record !== null && isUnfinished(record)) return 'rollout';
  if (record !== null && isUnproven(live, record)) return 'rollout';
  const behind = record === null ? [] : await leftBehind(client, live as unknown as DaemonSet, record, policy);
  if (behind.length > 0) return 'rollout';
  const counts = changes.some((change) => change.class === 'noRestart' || (change.class === 'strategy' && !adopt));
  return counts ? 'configure' : 'unchanged';
}

/**
 * What git holds is live, and last good is something else: a person has put it there with kubectl, and then into git. The
 * rollout brings it to the nodes that they have left out, and makes it last good.
 */
function isUnproven(live: KubeObject, { good: [good], target }: DaemonSetRecord): boolean {
  return target === null && good !== undefined && good.templateDigest !== digest(templateOf(live));
}

/** Ends of a rollout that leave touched nodes on a template which is not the live one. */
const mixedEnds: readonly string[] = ['aborted', 'superseded', 'failed', 'rollbackFailed'];

/**
 * The template is live already, but not every node has it: its rollout has not ended (with Temporal's database gone, nobody
 * else would go on), or an earlier one ended half way and git has gone back to what is live.
 */
function isUnfinished(record: DaemonSetRecord): boolean {
  if (mixedEnds.includes(record.phase)) return true;
  return record.target !== null && !(endPhases as readonly string[]).includes(record.phase);
}

/** Adopted while its pods were not all available, and they are now: adopting it again finds its last good. */
function hasProvenItself(live: KubeObject, record: DaemonSetRecord): boolean {
  if (record.good.length > 0 || record.target !== null || record.phase !== emptyRecord('', '').phase) return false;
  const count = (field: string): unknown => at(live, 'status', field);
  const desired = count('desiredNumberScheduled');
  return (
    at(live, 'status', 'observedGeneration') === live.metadata.generation &&
    count('updatedNumberScheduled') === desired &&
    count('numberAvailable') === desired
  );
}
