import type { ApplicationStatus } from '../wire.ts';
import { phaseOf, sentenceOf } from './phase.ts';
import type { ApplicationState } from './state.ts';

/** What the query `status` answers. */
export function statusOf(state: ApplicationState): ApplicationStatus {
  return {
    name: state.name,
    spec: state.spec,
    phase: phaseOf(state),
    sentence: sentenceOf(state),
    observedCommit: state.observed?.commit ?? null,
    observedAtMs: state.observed?.atMs ?? null,
    syncedCommit: state.syncedCommit,
    rollouts: state.active.map(({ namespace, name, workflowId, commit }) => ({ namespace, name, workflowId, commit })),
    paused: state.paused ?? null,
    ...((state.queue ?? []).length > 0 ? { queue: state.queue?.map(({ commit }) => commit) } : {}),
    recent: state.recent,
    lastDelivery: state.lastDelivery,
    log: state.log,
  };
}
