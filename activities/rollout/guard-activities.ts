import { ApplicationFailure } from '@temporalio/activity';
import type { InterlockPlace } from '../../domain/interlock.ts';
import { windowAt } from '../../domain/windows.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { GuardActivities, MayRoll } from '../contract.ts';
import { brakeSentence } from './brake.ts';
import { lookForEdit } from './edit-watch.ts';
import { InterlockStore } from './interlock-store.ts';

/** How often it is looked whether a rollout may go on: soon after the brake is off, rarely while a window is waited for. */
const lookEveryMs = { brake: 5_000, window: 30_000 } as const;

/** Makes the activities about what has a say in every refill. */
export function createGuardActivities(deps: {
  clusterFor: (cluster: string) => ClusterClient;
  interlock?: InterlockPlace;
}): GuardActivities {
  const storeOf = (cluster: string): InterlockStore => new InterlockStore(deps.clusterFor(cluster), deps.interlock);
  return {
    async mayRoll({ context, windows, told }) {
      const nowMs = Date.now();
      const { paused } = await storeOf(context.ref.cluster).read();
      const { open, sentence, changesAtMs } = windowAt(windows, nowMs);
      const answer: MayRoll =
        paused === null
          ? { open, sentence, untilMs: changesAtMs }
          : { open: false, sentence: brakeSentence(paused), untilMs: null };
      if (told === undefined || answer.open || answer.sentence !== told) return answer;
      throw ApplicationFailure.create({
        message: answer.sentence,
        type: 'StillClosed',
        nextRetryDelay: nextLookMs(answer, paused !== null, nowMs),
        category: 'BENIGN',
      });
    },
    waitForEdit: (question) => lookForEdit(deps.clusterFor(question.context.ref.cluster), question),
    async setBrake({ cluster, paused }) {
      await storeOf(cluster).writeBrake(paused === null ? null : `${paused.by}: ${paused.reason}`);
    },
    readBrake: async ({ cluster }) => ({ paused: (await storeOf(cluster).read()).paused }),
  };
}

/** Also before a window opens the brake may be pulled or its sentence may change, so it is never longer than the usual look. */
function nextLookMs({ untilMs }: MayRoll, braked: boolean, nowMs: number): number {
  if (braked) return lookEveryMs.brake;
  return untilMs === null ? lookEveryMs.window : Math.max(100, Math.min(lookEveryMs.window, untilMs - nowMs));
}
