import { condition, defineQuery, defineSignal, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import type { RolloutInput } from '../../../domain/rollout/input.ts';
import type { Hold, Outcome, RolloutFinished } from '../../../domain/wire.ts';

export { application } from '../../../workflows/application.ts';

/** How a test ends a fake rollout; `silent` sends no signal, like a rollout that lost its application's answer. */
export interface Finish {
  outcome: Outcome;
  cause?: string | null;
  silent?: boolean;
}

/** What a fake rollout was told. */
export interface Seen {
  input: RolloutInput;
  superseded: string[];
  holds: Hold[];
}

/** Stands in for a rollout: remembers what it is told, and ends as the test says. */
export async function rollout(input: RolloutInput): Promise<RolloutFinished> {
  const superseded: string[] = [];
  const holds: Hold[] = [];
  let finish: Finish | undefined;
  setHandler(defineSignal<[{ commit: string }]>('supersede'), ({ commit }) => {
    superseded.push(commit);
  });
  setHandler(defineSignal<[Hold]>('hold'), (hold) => {
    holds.push(hold);
  });
  setHandler(defineSignal<[Finish]>('finish'), (how) => {
    finish = how;
  });
  setHandler(defineQuery<Seen>('seen'), () => ({ input, superseded, holds }));
  await condition(() => finish !== undefined);
  const finished: RolloutFinished = {
    namespace: input.ref.namespace,
    daemonset: input.ref.name,
    rollout: input.rollout,
    commit: input.commit,
    outcome: finish?.outcome ?? 'failed',
    cause: finish?.cause ?? null,
    templateDigest: input.sync.templateDigest,
  };
  if (!finish?.silent) await getExternalWorkflowHandle(`app:${input.application}`).signal('rolloutFinished', finished);
  return finished;
}
