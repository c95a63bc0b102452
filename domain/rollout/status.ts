import type { RolloutStatus } from '../wire.ts';
import { offered } from './hold.ts';
import { hasWindows, type RolloutInput } from './input.ts';
import { sentenceOf } from './sentence.ts';
import type { RolloutState } from './state.ts';

/** Answer of the query `status`. */
export function statusOf(input: RolloutInput, state: RolloutState): RolloutStatus {
  const { plan } = state;
  return {
    application: input.application,
    cluster: input.ref.cluster,
    namespace: input.ref.namespace,
    daemonset: input.ref.name,
    mode: input.mode,
    phase: state.phase,
    sentence: sentenceOf(input, state),
    commit: input.commit,
    planDigest: plan?.digest ?? null,
    fromHash: plan?.fromHash ?? null,
    toHash: state.toHash,
    batch: state.batch,
    batches: (plan?.batches ?? []).map((batch) => ({ ...batch })),
    ...(plan === null ? {} : { census: plan.census }),
    budget: plan?.budget ?? 0,
    progress: state.progress,
    zones: state.zones,
    findings: state.findings,
    ...(state.diagnoses === undefined ? {} : { diagnoses: state.diagnoses }),
    accepts: offered(state, hasWindows(input)),
    ...(state.phase === 'waiting' ? { waitsUntilMs: state.waitUntilMs ?? null } : {}),
    ...(state.windowsOverridden === undefined ? {} : { windowsOverridden: state.windowsOverridden }),
    log: state.log,
    outcome: state.outcome,
    nodesTouched: state.touched,
    aside: state.aside ?? [],
    exposed: (state.exposed ?? []).slice(0, 10),
    tolerated: (state.tolerated ?? []).slice(0, 5),
    ...(state.gates === undefined ? {} : { gates: state.gates }),
  };
}
