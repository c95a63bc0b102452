import { setTimeout as delay } from 'node:timers/promises';
import { ClientError, type NodewaveClient, type RolloutView } from '../../client/index.ts';
import type { SyncOutcome } from '../../domain/wire.ts';
import type { Narrator } from './say.ts';
import { setting } from './setting.ts';

const everyMs = 200;

/** The rollout that the demo follows. */
export const rolloutRef = { cluster: setting.cluster, namespace: setting.namespace, name: setting.daemonSet };

/** Tells what the rollout says of itself whenever that changes. */
export interface Follower {
  /** Waits until the newest rollout is of that commit and `matches`; returns it. */
  rollout(
    commit: string,
    what: string,
    matches: (view: RolloutView) => boolean,
    timeoutMs?: number,
  ): Promise<RolloutView>;
  /** Waits for the application's word on a commit. */
  outcome(commit: string, timeoutMs?: number): Promise<SyncOutcome>;
}

/** Follows over the same client that command line and webhook server use. */
export function makeFollower(client: NodewaveClient, narrator: Narrator): Follower {
  let last = '';
  const tell = (view: RolloutView): void => {
    const line = `rollout: ${view.sentence}`;
    if (line === last || view.phase === 'planning') return;
    last = line;
    narrator.brief(line);
  };
  const look = async (commit: string): Promise<RolloutView | null> => {
    try {
      const view = await client.rolloutStatus(rolloutRef);
      if (view.commit !== commit) return null;
      tell(view);
      return view;
    } catch (error) {
      // Not started yet, or nobody answers while the worker is dead.
      if (error instanceof ClientError) return null;
      throw error;
    }
  };
  const until = async <T>(what: string, timeoutMs: number, ask: () => Promise<T | null>): Promise<T> => {
    const endMs = Date.now() + timeoutMs;
    for (;;) {
      const answer = await ask();
      if (answer !== null) return answer;
      if (Date.now() > endMs) throw new Error(`waited ${Math.round(timeoutMs / 1_000)} s for ${what}`);
      await delay(everyMs);
    }
  };
  return {
    rollout: (commit, what, matches, timeoutMs = 60_000) =>
      until(what, timeoutMs, async () => {
        const view = await look(commit);
        if (view !== null && view.outcome !== null && !matches(view)) {
          throw new Error(`waited for ${what}, but the rollout has ended: ${view.sentence}`);
        }
        return view !== null && matches(view) ? view : null;
      }),
    outcome: (commit, timeoutMs = 120_000) =>
      until(`the outcome of commit ${commit.slice(0, 8)}`, timeoutMs, async () => {
        await look(commit);
        try {
          const { recent } = await client.applicationStatus(setting.application);
          return recent.find((one) => one.commit === commit) ?? null;
        } catch (error) {
          if (error instanceof ClientError) return null;
          throw error;
        }
      }),
  };
}
