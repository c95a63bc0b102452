import { formatDuration } from '../../domain/duration.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { Preview, RolloutCost, ShownBatchPlan } from '../../domain/sync.ts';
import { columns } from './table.ts';
import { count, indented } from './text.ts';

/** `60 pods restart, about 25m`. */
export function costInShort({ pods, expectedMs }: RolloutCost): string {
  return `${count(pods, 'pod restarts', 'pods restart')}, about ${rounded(expectedMs)}`;
}

/** What each rollout would restart, by zone and pool, and how long that takes. */
export function costLines({ batchPlans = [] }: Preview): string[][] {
  return batchPlans.flatMap((plan) => (plan.cost === undefined ? [] : [costOfPlan(plan, plan.cost)]));
}

function costOfPlan(plan: ShownBatchPlan, cost: RolloutCost): string[] {
  const rows = [
    ...(Object.keys(cost.zones).length === 0 ? [] : [['zones', parts(cost.zones)]]),
    ...(Object.keys(cost.pools).length === 0 ? [] : [['pools', parts(cost.pools)]]),
    ['time', timeText(cost)],
  ];
  return [
    `DaemonSet ${daemonSetLabel(plan)} restarts ${count(cost.pods, 'pod')}, at most ${plan.budget} at once`,
    ...indented(columns(rows)),
  ];
}

/** How long it takes when nothing fails, and what that is made of. */
export function timeText({ expectedMs, nodeMs, basis, approvals }: RolloutCost): string {
  const from = basis === 'measured' ? 'as the pods that run now took' : 'as long as the policy allows';
  const waits = approvals === 0 ? '' : `, and ${count(approvals, 'approval')}`;
  return `about ${rounded(expectedMs)} (${rounded(nodeMs)} a node, ${from}) plus the time that old pods take to end${waits}`;
}

function parts(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([value, pods]) => `${value} ${pods}`)
    .join(', ');
}

/** Seconds below an hour, minutes above: an estimate is no clock. */
function rounded(durationMs: number): string {
  const unitMs = durationMs >= 3_600_000 ? 60_000 : 1_000;
  return formatDuration(Math.ceil(durationMs / unitMs) * unitMs);
}
