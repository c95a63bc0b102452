import type { RolloutView } from '../../client/index.ts';
import { formatDuration } from '../../domain/duration.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { shortCommit } from '../../domain/markdown.ts';
import type { ShownPolicy } from '../../domain/policy/source.ts';
import type { NodeCensus } from '../../domain/rollout/plan.ts';
import type { DaemonSetSync, Preview, ShownBatchPlan } from '../../domain/sync.ts';
import { effect, warnings } from './diff.ts';
import { policyTable, sourceName } from './policy.ts';
import { batches, sentenceOf } from './rollout.ts';
import { columns, table } from './table.ts';
import { count, indented, plain, sections } from './text.ts';

/** What `nodewave plan` is about. */
export interface PlanView {
  preview: Preview;
  /** One for each DaemonSet of the preview, in its order. */
  policies: readonly ShownPolicy[];
  running: readonly RolloutView[];
  /** `-o wide`: every value of each policy, with its source. */
  wide: boolean;
}

/** The page of `nodewave plan`: what a sync would do to each DaemonSet, and what is under way. */
export function planPage({ preview, policies, running, wide }: PlanView): string[] {
  const { plan } = preview;
  const { create, configure, unchanged } = plan.others;
  return sections(
    [
      `Commit ${shortCommit(plan.commit)} ${plain(plan.subject)}`,
      `Other objects: ${create} to create, ${configure} to configure, ${unchanged} unchanged; applied before the DaemonSets.`,
    ],
    ...plan.daemonSets.map((sync, index) => daemonSet(sync, policies[index], planOf(preview, sync))),
    warnings(preview),
    ...(wide ? policies.map(policyTable) : []),
    ...running.map(runningPlan),
  );
}

function planOf(preview: Preview, sync: DaemonSetSync): ShownBatchPlan | undefined {
  return preview.batchPlans?.find(({ namespace, name }) => namespace === sync.namespace && name === sync.name);
}

function daemonSet(
  sync: DaemonSetSync,
  policy: ShownPolicy | undefined,
  batchPlan: ShownBatchPlan | undefined,
): string[] {
  const title = `DaemonSet ${daemonSetLabel(sync)}: ${effect(sync) || 'nothing to do'}`;
  const reason = sync.heldReason === undefined ? [] : [plain(sync.heldReason)];
  const lines = [
    ...reason,
    ...(batchPlan === undefined || sync.verdict !== 'rollout' ? [] : batchTable(batchPlan)),
    ...columns([
      ...(batchPlan === undefined ? [] : census(batchPlan.census)),
      ...(sync.verdict === 'rollout' && policy !== undefined ? facts(policy, batchPlan) : []),
    ]),
    ...(sync.verdict === 'rollout' && policy !== undefined ? gateTable(policy) : []),
  ];
  return [title, ...indented(lines)];
}

function batchTable({ batches, notes }: ShownBatchPlan): string[] {
  const rows = batches.map((batch, index) => [
    `${index + 1}`,
    batch.name,
    batch.nodes,
    `${batch.goal}`,
    batch.soakMs === 0 ? '-' : formatDuration(batch.soakMs),
    batch.approval ?? '-',
  ]);
  return [...table(['#', 'BATCH', 'NODES', 'GOAL', 'SOAK', 'APPROVAL'], rows), ...notes.map(plain)];
}

/** Nodes of now; a rollout counts again when it starts and at every step. */
function census({ eligible, zones, pools }: NodeCensus): string[][] {
  const parts = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([value, nodes]) => `${value} ${nodes}`)
      .join(', ');
  return [
    ['nodes', count(eligible, 'eligible node')],
    ...(Object.keys(zones).length === 0 ? [] : [['zones', parts(zones)]]),
    ...(Object.keys(pools).length === 0 ? [] : [['pools', parts(pools)]]),
  ];
}

function facts({ fields }: ShownPolicy, batchPlan: ShownBatchPlan | undefined): string[][] {
  const { maxUnavailable, readyWithin, maxRestarts, onFailure } = fields;
  const back = onFailure?.value === 'rollback';
  const inNodes = batchPlan !== undefined && typeof batchPlan.maxUnavailable === 'string';
  const now = inNodes ? `, ${count(batchPlan.budget, 'node')} now` : '';
  return [
    ['at most out', `${maxUnavailable?.value}${now} (${sourceName(maxUnavailable?.source ?? { kind: 'default' })})`],
    ['ready within', `${readyWithin?.value}`],
    ['restarts', `${count(Number(maxRestarts?.value), 'restart')} of a new pod accepted`],
    ['on failure', back ? 'touched nodes go back to last good' : 'it stops and waits for a person'],
  ];
}

/** What each batch is held against, besides what every rollout looks at. */
function gateTable({ gates = [], fields }: ShownPolicy): string[] {
  if (gates.length === 0) return [];
  const from = sourceName(fields.gates?.source ?? { kind: 'default' });
  const rows = gates.map(({ name, kind, measures, after }) => [name, kind, plain(after), plain(measures)]);
  return [`gates (${from})`, ...indented(table(['GATE', 'KIND', 'AFTER', 'MEASURES'], rows))];
}

function runningPlan(view: RolloutView): string[] {
  return [
    `Running: ${view.namespace}/${view.daemonset}, commit ${shortCommit(view.commit)}`,
    ...indented([sentenceOf(view), ...(view.planDigest === null ? [] : [`Plan ${view.planDigest}`]), ...batches(view)]),
  ];
}
