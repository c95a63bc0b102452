import type { GateKindName } from '../gates/types.ts';
import type { RolloutPolicy } from '../rollout/policy.ts';

/** Where the value of a field came from: the first source that states it. */
export interface PolicySource {
  kind: 'annotation' | 'RolloutPolicy' | 'NodeApplication' | 'manifest' | 'default';
  /** Of the RolloutPolicy or NodeApplication. */
  name?: string;
  /** Path of the field in its document, e.g. `spec.rollout.batches`. */
  field?: string;
  /** Relative to the repository's root; of a NodeApplication, as it was named when it was applied. */
  file?: string;
  line?: number;
}

/** Sources by field. */
export type PolicySources = { [F in keyof RolloutPolicy]?: PolicySource };

/** The policy of one DaemonSet, and which source each field came from. */
export interface ResolvedPolicy {
  policy: RolloutPolicy;
  sources: Required<PolicySources>;
}

/** A policy for people: every value that holds, in the form of a file and by the key it has there. */
export interface ShownPolicy {
  namespace: string;
  name: string;
  fields: Record<string, { value: unknown; source: PolicySource }>;
  /** Its gates; absent when there are none. */
  gates?: ShownGate[];
}

/** A gate for people. */
export interface ShownGate {
  name: string;
  kind: GateKindName;
  /** What is measured, in one line. */
  measures: string;
  /** After which batches it is asked. */
  after: string;
}
