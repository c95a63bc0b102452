import type { RolloutView } from '../../client/index.ts';
import { formatDuration } from '../../domain/duration.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { shortCommit } from '../../domain/markdown.ts';
import { completeRules } from '../../domain/rollout/batches.ts';
import { policyDefaults, type RolloutPolicy } from '../../domain/rollout/policy.ts';
import type { DaemonSetSync, Preview } from '../../domain/sync.ts';
import { effect, warnings } from './diff.ts';
import { batches, sentenceOf } from './rollout.ts';
import { columns, table } from './table.ts';
import { count, indented, plain, sections } from './text.ts';

/** The page of `nodewave plan`: what a sync would do to each DaemonSet, and what is under way. */
export function planPage(preview: Preview, policy: RolloutPolicy, running: readonly RolloutView[]): string[] {
  const { plan } = preview;
  const { create, configure, unchanged } = plan.others;
  return sections(
    [
      `Commit ${shortCommit(plan.commit)} ${plain(plan.subject)}`,
      `Other objects: ${create} to create, ${configure} to configure, ${unchanged} unchanged; applied before the DaemonSets.`,
    ],
    ...plan.daemonSets.map((sync) => daemonSet(sync, policy)),
    warnings(preview),
    ...running.map(runningPlan),
  );
}

function daemonSet(sync: DaemonSetSync, policy: RolloutPolicy): string[] {
  const title = `DaemonSet ${daemonSetLabel(sync)}: ${effect(sync) || 'nothing to do'}`;
  const reason = sync.heldReason === undefined ? [] : [`  ${plain(sync.heldReason)}`];
  if (sync.verdict !== 'rollout') return [title, ...reason];
  return [title, ...reason, ...indented(policyLines(sync, policy))];
}

function policyLines(sync: DaemonSetSync, policy: RolloutPolicy): string[] {
  const { rules, added } = completeRules(policy.batches);
  const rows = rules.map((rule, index) => [
    `${index + 1}`,
    rule.name,
    rule.per === undefined ? `${rule.nodes}` : `${rule.nodes} per ${rule.per}`,
    rule.soakMs === 0 ? '-' : formatDuration(rule.soakMs),
    rule.approval ?? '-',
  ]);
  const [maxUnavailable, from] = budget(sync, policy);
  const failure =
    policy.onFailure === 'rollback' ? 'touched nodes go back to last good' : 'it stops and waits for a person';
  return [
    ...table(['#', 'BATCH', 'NODES', 'SOAK', 'APPROVAL'], rows),
    ...(added ? ['The batches end below 100 %, so the last one takes the other nodes.'] : []),
    ...columns([
      ['at most out', `${maxUnavailable} (${from})`],
      ['ready within', formatDuration(policy.readyWithinMs)],
      ['restarts', `${count(policy.maxRestarts, 'restart')} of a new pod accepted`],
      ['on failure', failure],
    ]),
  ];
}

function budget(sync: DaemonSetSync, policy: RolloutPolicy): [string, string] {
  if (policy.maxUnavailable !== null) return [`${policy.maxUnavailable}`, 'spec.rollout.maxUnavailable'];
  if (sync.maxUnavailable !== null) return [`${sync.maxUnavailable}`, 'updateStrategy of the manifest'];
  return [policyDefaults.maxUnavailable, 'built-in default'];
}

function runningPlan(view: RolloutView): string[] {
  return [
    `Running: ${view.namespace}/${view.daemonset}, commit ${shortCommit(view.commit)}`,
    ...indented([sentenceOf(view), ...(view.planDigest === null ? [] : [`Plan ${view.planDigest}`]), ...batches(view)]),
  ];
}
