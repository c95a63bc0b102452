import { daemonSetLabel } from '../ids.ts';
import type { RolloutPolicy } from '../rollout/policy.ts';
import type { DaemonSetSync } from '../sync.ts';
import { policyOf } from './rollout-policy.ts';
import { type ApplicationState, type Stragglers, sameDaemonSet } from './state.ts';

/** How often nodes that missed a rollout are looked for, and the longest wait after catch-ups that changed nothing; milliseconds. */
export const catchUpMs = { look: 45_000, longest: 3_600_000 } as const;

/** A DaemonSet that is watched for nodes on another template than the live one. */
export interface Watched {
  namespace: string;
  name: string;
  /** What must be live: with anything else there somebody else has a hand in it, and nothing is caught up. */
  templateDigest: string;
  policy: RolloutPolicy;
  /** Nodes that were caught up in vain are not reported again before this moment. */
  notBeforeMs: number;
}

/**
 * The DaemonSets that are at rest on what git holds. Not those that a rollout moves, that are held, or that a person has
 * asked something about; none while the application is paused.
 */
export function watchedDaemonSets(state: ApplicationState): Watched[] {
  const { applied, paused, removal, removed } = state;
  if (!applied || paused || removal || removed) return [];
  return applied.daemonSets.flatMap((sync) => {
    const policy = policyOf(state, sync);
    if (policy === null || !isAtRest(state, sync)) return [];
    const { namespace, name, templateDigest } = sync;
    return [{ namespace, name, templateDigest, policy, notBeforeMs: notBeforeMs(state, sync) }];
  });
}

function isAtRest(state: ApplicationState, sync: DaemonSetSync): boolean {
  const concerns = [...state.active, ...state.obstacles, ...state.rollbacks];
  const label = daemonSetLabel(sync);
  return !concerns.some((one) => sameDaemonSet(one, sync)) && !state.runs.some((run) => run.waits[label] !== undefined);
}

function notBeforeMs(state: ApplicationState, sync: DaemonSetSync): number {
  const last = state.catchUps?.[daemonSetLabel(sync)];
  if (last === undefined || last.templateDigest !== sync.templateDigest) return 0;
  return last.atMs + Math.min(catchUpMs.look * 2 ** last.repeats, catchUpMs.longest);
}

/** The DaemonSets to catch up now, out of what was reported; what has changed since the report is left to the next one. */
export function takeStragglers(state: ApplicationState): { sync: DaemonSetSync; nodes: string[] }[] {
  const reported = state.stragglers ?? [];
  state.stragglers = [];
  const watched = watchedDaemonSets(state);
  return reported.flatMap(({ nodes, ...ref }) => {
    const same = watched.some((one) => sameDaemonSet(one, ref) && one.templateDigest === ref.templateDigest);
    const sync = state.applied?.daemonSets.find((one) => sameDaemonSet(one, ref));
    return same && sync !== undefined ? [{ sync, nodes }] : [];
  });
}

/**
 * Remembers a catch-up. The same nodes again say that it did not help: each time the next one waits twice as long, so that
 * a node which nobody can bring up to date costs a rollout an hour at most.
 */
export function noteCatchUp(state: ApplicationState, report: Stragglers, nowMs: number): void {
  const label = daemonSetLabel(report);
  const last = state.catchUps?.[label];
  const { templateDigest, nodes } = report;
  const again =
    last !== undefined &&
    last.templateDigest === templateDigest &&
    nowMs - last.atMs < 2 * catchUpMs.longest &&
    nodes.every((node) => last.nodes.includes(node));
  const repeats = again ? Math.min(last.repeats + 1, 10) : 0;
  state.catchUps = { ...state.catchUps, [label]: { templateDigest, nodes, repeats, atMs: nowMs } };
}

/** "2 nodes that had missed it: n1, n2", for outcomes and logs. */
export function nodesCaughtUp(nodes: readonly string[]): string {
  const shown = nodes.slice(0, 5).join(', ');
  const more = nodes.length > 5 ? ` and ${nodes.length - 5} more` : '';
  return `${nodes.length === 1 ? '1 node' : `${nodes.length} nodes`} that had missed it: ${shown}${more}`;
}
