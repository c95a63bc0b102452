import { daemonSetLabel } from '../ids.ts';
import { shortCommit } from '../markdown.ts';
import type { DaemonSetSync, SyncPlan } from '../sync.ts';
import { policyOf } from './rollout-policy.ts';
import { type ApplicationState, type Obstacle, type RunResult, sameDaemonSet } from './state.ts';

/** What is done about one DaemonSet of a prepared commit. */
export type Step =
  /** Nothing to roll out; this is what became of it. */
  | { do: 'settle'; sync: DaemonSetSync; result: RunResult }
  | { do: 'start'; sync: DaemonSetSync; mode: 'install' | 'update' }
  /** A rollout to the same template runs already: its end counts. */
  | { do: 'await'; sync: DaemonSetSync; rollout: number }
  /** A rollout to another template runs: it is asked to make way (`ask`), and this one waits for its end. */
  | { do: 'queue'; sync: DaemonSetSync; ask: boolean };

/** Whether a plan would change nothing at all, so that nothing needs to be applied. */
export function changesNothing(plan: SyncPlan): boolean {
  return (
    plan.others.create + plan.others.configure === 0 &&
    plan.daemonSets.every((sync) => (sync.verdict === 'unchanged' || sync.verdict === 'held') && !sync.adopt)
  );
}

/** The plan when its other objects are left as they are. */
export function withoutOthers(plan: SyncPlan): SyncPlan {
  return { ...plan, others: { create: 0, configure: 0, unchanged: plan.others.unchanged } };
}

/** The step for every DaemonSet of the plan, by what runs and what stands in the way. */
export function decideSteps(state: ApplicationState, plan: SyncPlan): Step[] {
  return plan.daemonSets.map((sync) => decideStep(state, sync));
}

/** The step for one DaemonSet. */
export function decideStep(state: ApplicationState, sync: DaemonSetSync): Step {
  const active = state.active.find((one) => sameDaemonSet(one, sync));
  if (active?.mode === 'revert') {
    // A person wants it back now: a fix is rolled out afterwards and never interrupts it.
    if (sync.templateDigest !== active.templateDigest) return { do: 'queue', sync, ask: false };
    return { do: 'settle', sync, result: { outcome: 'held', cause: `being rolled back by ${active.by}` } };
  }
  if (sync.verdict === 'held') {
    return { do: 'settle', sync, result: { outcome: 'held', cause: sync.heldReason ?? 'its template is quarantined' } };
  }
  if (active) {
    const same = sync.templateDigest === active.templateDigest && active.supersededBy === null;
    if (same) return { do: 'await', sync, rollout: active.rollout };
    const mode = policyOf(state, sync)?.supersede ?? 'replace';
    // Nodes that are only being caught up never keep a commit waiting.
    return { do: 'queue', sync, ask: mode === 'replace' || active.catchUp !== undefined };
  }
  if (sync.verdict === 'install' || sync.verdict === 'rollout') {
    const blocked = state.obstacles.find((obstacle) => sameDaemonSet(obstacle, sync) && blocks(obstacle, sync));
    if (blocked) return { do: 'settle', sync, result: { outcome: outcomeOf(blocked), cause: blocked.cause } };
    return { do: 'start', sync, mode: sync.verdict === 'install' ? 'install' : 'update' };
  }
  const outcome = sync.adopt ? 'adopted' : sync.verdict === 'configure' ? 'configured' : 'unchanged';
  return { do: 'settle', sync, result: { outcome, cause: null } };
}

/** A person stopped exactly this, or it failed: it is not started again until git changes it or somebody sends `retry`. */
function blocks(obstacle: Obstacle, sync: DaemonSetSync): boolean {
  return obstacle.kind !== 'quarantined' && obstacle.quarantineKey === sync.quarantineKey;
}

function outcomeOf(obstacle: Obstacle): RunResult['outcome'] {
  return obstacle.kind === 'quarantined' ? 'held' : obstacle.kind;
}

/** The obstacles that still stand by a new plan, and those that the cluster's records report. */
export function reviewObstacles(state: ApplicationState, plan: SyncPlan, nowMs: number): Obstacle[] {
  return plan.daemonSets.flatMap((sync) => {
    const known = state.obstacles.find((obstacle) => sameDaemonSet(obstacle, sync));
    if (sync.verdict === 'held') {
      if (known?.kind === 'quarantined' && known.quarantineKey === sync.quarantineKey) return [known];
      const cause = sync.heldReason ?? `the template of commit ${shortCommit(plan.commit)} was rolled back`;
      const { namespace, name, quarantineKey } = sync;
      return [{ namespace, name, kind: 'quarantined', quarantineKey, commit: plan.commit, cause, atMs: nowMs }];
    }
    const wanted = sync.verdict === 'install' || sync.verdict === 'rollout';
    return known && wanted && blocks(known, sync) ? [known] : [];
  });
}

/** `namespace/name` of every DaemonSet that is known here, for messages that name one. */
export function knownDaemonSets(state: ApplicationState): { namespace: string; name: string }[] {
  const all = [...(state.applied?.daemonSets ?? []), ...state.active, ...state.obstacles];
  return all.filter((one, index) => all.findIndex((other) => daemonSetLabel(other) === daemonSetLabel(one)) === index);
}
