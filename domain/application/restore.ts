import { daemonSetLabel } from '../ids.ts';
import type { DaemonSetSync, SyncPlan } from '../sync.ts';
import type { ActiveRollout, ApplicationState, GoodCommit, SyncRun } from './state.ts';

/** Commits kept as good: as many as a DaemonSet's record keeps, twice over for those that change no template. */
const goodKept = 10;

/** Remembers a commit that is on the cluster with everything it holds; newest first. */
export function noteGood(state: ApplicationState, run: SyncRun): void {
  if (run.templates === undefined) return;
  const others = (state.good ?? []).filter((one) => one.commit !== run.commit);
  state.good = [{ commit: run.commit, templates: run.templates }, ...others].slice(0, goodKept);
}

/** What was rolled back after it had been good is no way back any more. */
export function forgetGood(state: ApplicationState, { namespace, name, templateDigest }: ActiveRollout): void {
  const label = daemonSetLabel({ namespace, name });
  if (state.good) state.good = state.good.filter((one) => one.templates[label] !== templateDigest);
}

/**
 * What becomes of a commit's other objects now that its rollouts have ended: they return to the newest good commit when no
 * DaemonSet stays on this one. Null when nothing was rolled back, or there are no such objects.
 */
export function returnOf(state: ApplicationState, run: SyncRun): { to: string } | { staysFor: string[] } | null {
  const rolledBack = Object.values(run.results).some((result) => result.outcome === 'rolledBack');
  // A newer commit that was applied meanwhile has said already what the objects are to be.
  if (!rolledBack || state.applied?.commit !== run.commit || run.hasOthers !== true) return null;
  const held = new Set(state.obstacles.filter((one) => one.kind === 'quarantined').map(daemonSetLabel));
  const target = goodBefore(state, state.applied.daemonSets, held);
  if (target === null || target.commit === run.commit) return null;
  const staysFor = moved(state.applied.daemonSets, held, target);
  return staysFor.length === 0 ? { to: target.commit } : { staysFor };
}

/**
 * Where the other objects return to when this DaemonSet is rolled back, as far as that can be said before: it is the only
 * one that the commit moves. Then they return before its nodes do, so that no pod starts with the release's config.
 */
export function returnAhead(state: ApplicationState, run: SyncRun, sync: DaemonSetSync): string | null {
  if (run.hasOthers !== true || state.applied?.commit !== run.commit) return null;
  const alone = new Set([daemonSetLabel(sync)]);
  const target = goodBefore(state, state.applied.daemonSets, alone);
  if (target === null || moved(state.applied.daemonSets, alone, target).length > 0) return null;
  return target.commit;
}

/**
 * Whether a plan's other objects wait because the DaemonSets that they came with are held: nothing of a quarantined release
 * is applied again as long as no DaemonSet has moved on from the good commit. Answers that commit, else null.
 */
export function othersWaitAt(state: ApplicationState, plan: SyncPlan): string | null {
  const held = new Set(plan.daemonSets.filter((sync) => sync.verdict === 'held').map(daemonSetLabel));
  if (held.size === 0) return null;
  const target = goodBefore(state, plan.daemonSets, held);
  return target !== null && moved(plan.daemonSets, held, target).length === 0 ? target.commit : null;
}

/** The newest good commit in which none of the held DaemonSets has the template that is held. */
function goodBefore(
  state: ApplicationState,
  daemonSets: readonly DaemonSetSync[],
  held: ReadonlySet<string>,
): GoodCommit | null {
  const isFree = (good: GoodCommit): boolean =>
    daemonSets
      .filter((sync) => held.has(daemonSetLabel(sync)))
      .every((sync) => good.templates[daemonSetLabel(sync)] !== sync.templateDigest);
  return state.good?.find(isFree) ?? null;
}

/** Those that are not held and have another template than in the good commit. */
function moved(daemonSets: readonly DaemonSetSync[], held: ReadonlySet<string>, good: GoodCommit): string[] {
  return daemonSets
    .filter((sync) => !held.has(daemonSetLabel(sync)))
    .filter((sync) => good.templates[daemonSetLabel(sync)] !== sync.templateDigest)
    .map(daemonSetLabel);
}
