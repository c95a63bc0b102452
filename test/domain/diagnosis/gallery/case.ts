import type { ContainerView } from '../../../../domain/cluster/view.ts';
import type { Alike, Evidence, PodEvidence } from '../../../../domain/diagnosis/types.ts';

/** One picture of the gallery: what a cluster says, and what it means. Names of objects are ours, the wording is the source's. */
export interface Case {
  /** The cause that must come first; `unknown` where no rule may claim to know. */
  cause: string;
  /** Where the wording is from: an address, or repository and file. */
  source: string;
  /** Events of the pod, newest first, as reason and message. */
  events?: [string, string][];
  /** `state.waiting` of the container: reason and message. */
  waiting?: [string, string?];
  /** The newest termination of the container: exit code, reason, message. */
  ended?: [number, string?, string?];
  restarts?: number;
  /** The container is an init container. */
  init?: true;
  /** Lines of the container, oldest first. */
  log?: string[];
  /** Phase, reason and message of the pod. */
  pod?: [string, string?, string?];
  /** Message of the condition PodScheduled, which is False. */
  unschedulable?: string;
  /** Conditions of the node as type, status, reason, message. */
  node?: [string, string, string, string][];
  refusals?: string[];
  finalizers?: string[];
  terminatingForMs?: number;
  limits?: Record<string, string>;
  requests?: Record<string, string>;
  allocatable?: Record<string, string>;
}

/** A canary of one node that fails, the others well. */
export const canary: Alike = { updated: 1, failing: 1, rest: 11, restFailing: 0, groups: [] };

const nowMs = Date.UTC(2026, 0, 15, 12);

/** The evidence that a collector would bring. */
export function evidenceOf(one: Case, alike: Alike = canary): Evidence {
  const conditions = (one.node ?? []).map(([type, status, reason, message]) => ({ type, status, reason, message }));
  const ready = !conditions.some(({ type, status }) => type === 'Ready' && status !== 'True');
  return {
    nowMs,
    pod: podOf(one),
    node: {
      name: 'node-1',
      uid: 'u1',
      labels: { 'kubernetes.io/arch': 'arm64' },
      taints: [],
      unschedulable: false,
      ready,
      conditions,
      ...(one.allocatable === undefined ? {} : { allocatable: one.allocatable }),
    },
    changes: ['spec.template.spec.containers[agent].image: registry.example/agent:1.0 -> registry.example/agent:2.0'],
    alike,
    refusals: one.refusals ?? [],
  };
}

function podOf(one: Case): PodEvidence {
  const [phase, reason, message] = one.pod ?? ['Running'];
  // What the controller could not create has no name and no containers.
  const uncreated = (one.events ?? []).some(([why]) => why === 'FailedCreate' || why === 'FailedPlacement');
  const container: ContainerView = {
    name: one.init ? 'setup' : 'agent',
    init: one.init ?? false,
    image: 'registry.example/agent:2.0',
    restartCount: one.restarts ?? (one.ended === undefined ? 0 : 3),
    ...(one.waiting === undefined ? {} : { waitingReason: one.waiting[0], waitingMessage: one.waiting[1] }),
    ...(one.ended === undefined
      ? {}
      : { terminated: { exitCode: one.ended[0], reason: one.ended[1] ?? 'Error', message: one.ended[2] } }),
  };
  const scheduled = { type: 'PodScheduled', reason: 'Unschedulable', message: one.unschedulable ?? '' };
  return {
    pod: uncreated ? '' : 'agent-x7k2p',
    node: 'node-1',
    namespace: 'monitoring',
    daemonset: 'agent',
    phase,
    reason,
    message,
    conditions: one.unschedulable === undefined ? [] : [scheduled],
    containers: uncreated ? [] : [container],
    limits: one.limits === undefined ? {} : { agent: one.limits },
    requests: one.requests === undefined ? {} : { agent: one.requests },
    logs: one.log === undefined ? {} : { [container.name]: one.log },
    events: (one.events ?? []).map(([why, what]) => ({
      reason: why,
      message: what,
      count: 3,
      about: why === 'FailedCreate' ? 'daemonset' : 'pod',
    })),
    finalizers: one.finalizers ?? [],
    ...(one.terminatingForMs === undefined
      ? {}
      : { terminatingSinceMs: nowMs - one.terminatingForMs, graceSeconds: 30 }),
  };
}
