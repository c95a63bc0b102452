import type { ContainerView, NodeView, PodView } from '../cluster/view.ts';
import { shorten } from '../markdown.ts';
import type { Finding } from '../wire.ts';

/** What a pod on the new template is held against. */
export interface PodLimits {
  readyWithinMs: number;
  /** Restarts that are accepted, all containers together. */
  maxRestarts: number;
  /** Restarts that were there before judging began again after a person's retry. */
  restartsBefore: number;
  /** Deadlines never start before this: time in which the cluster could not be seen is not the release's. */
  seenSinceMs: number;
}

/** How long a pod may outlive its grace before it counts as stuck (S19). */
export const terminationMarginMs = 60_000;

/** A kubelet reports on a new pod within this time; a later change means that the pod was ready before. */
const readinessMarginMs = 10_000;

/** Waiting reasons that no time heals: they fail at once instead of at the deadline (S22). */
const fatalWaiting = new Map([
  ['ImagePullBackOff', 'check that the image exists in the registry and that the nodes may pull it, then push a fix'],
  ['ErrImageNeverPull', 'put the image on the nodes or change imagePullPolicy'],
  ['InvalidImageName', 'correct the image name in git'],
  ['CreateContainerConfigError', 'check the ConfigMaps, Secrets and keys that the container refers to'],
  ['CreateContainerError', 'check command, mounts and security settings of the container'],
  ['RunContainerError', 'check command, mounts and security settings of the container'],
  ['CrashLoopBackOff', 'read the logs with "kubectl logs --previous" and push a fix'],
]);

/** A container that needs more memory than it may have is another matter than one that ends by itself (S23). */
const outOfMemory = {
  cause: 'OOMKilled',
  nextStep: 'raise the memory limit of the container or find out why it needs more, then push a fix',
};

/** What is wrong with a pod on the new template, or null while it is on its way or well. Availability is judged elsewhere. */
export function judgePod(pod: PodView, available: boolean, limits: PodLimits, nowMs: number): Finding | null {
  const finding = (cause: string, evidence: string, nextStep: string): Finding => ({
    cause,
    node: pod.node,
    pod: pod.name,
    evidence: shorten(evidence, 400),
    nextStep,
  });
  if (pod.phase === 'Failed') {
    const why = [pod.reason, pod.message].filter((part) => part !== undefined && part !== '').join(': ');
    return finding(
      'PodFailed',
      why === '' ? 'the pod has phase Failed' : why,
      'see why the kubelet ended the pod, then push a fix',
    );
  }
  for (const container of pod.containers) {
    const reason = container.waitingReason ?? '';
    const nextStep = fatalWaiting.get(reason);
    if (nextStep === undefined) continue;
    if (ranOutOfMemory(container)) return finding(outOfMemory.cause, describeWaiting(container), outOfMemory.nextStep);
    return finding(reason, describeWaiting(container), nextStep);
  }
  const restarts = restartsOf(pod) - limits.restartsBefore;
  if (restarts > limits.maxRestarts) {
    const worst = [...pod.containers].sort((a, b) => b.restartCount - a.restartCount)[0];
    const { cause, nextStep } = ranOutOfMemory(worst)
      ? outOfMemory
      : { cause: 'TooManyRestarts', nextStep: 'read the logs with "kubectl logs --previous" and push a fix' };
    return finding(
      cause,
      `${restarts} restarts, ${limits.maxRestarts} are accepted; ${describeTermination(worst)}`,
      nextStep,
    );
  }
  const waitedMs = nowMs - Math.max(waitsSinceMs(pod), limits.seenSinceMs);
  if (!available && waitedMs > limits.readyWithinMs) {
    const { cause, nextStep } = whyLate(pod);
    return finding(cause, lateEvidence(pod, limits.readyWithinMs), nextStep);
  }
  return null;
}

/**
 * Since when a pod has had the chance to become available: from its creation or, once it was ready, from the last change of its
 * readiness. Else any pod that is older than the deadline would fail the release by one restart that is accepted.
 */
function waitsSinceMs(pod: PodView): number {
  return Math.max(pod.createdMs, (pod.ready ? pod.readySinceMs : pod.notReadySinceMs) ?? 0);
}

/** A pod that does not go away although its node works: two agents must not run, so it is never forced (S19). */
export function judgeTermination(pod: PodView, node: NodeView, seenSinceMs: number, nowMs: number): Finding | null {
  if (pod.terminatingUntilMs === undefined || !node.ready) return null;
  if (nowMs - Math.max(pod.terminatingUntilMs, seenSinceMs) <= terminationMarginMs) return null;
  return {
    cause: 'StuckTerminating',
    node: node.name,
    pod: pod.name,
    evidence: `still terminating ${Math.round((nowMs - pod.terminatingUntilMs) / 1000)} s after its grace period ended`,
    nextStep: 'look for finalizers on the pod, its volumes and the kubelet of the node; Nodewave never force-deletes',
  };
}

/** Restarts of all containers, init containers included (S23). */
export function restartsOf(pod: PodView): number {
  return pod.containers.reduce((sum, container) => sum + container.restartCount, 0);
}

function ranOutOfMemory(container: ContainerView | undefined): boolean {
  return container?.terminated?.reason === 'OOMKilled';
}

function label({ init, name }: ContainerView): string {
  return `${init ? 'init container' : 'container'} ${name}`;
}

function describeWaiting(container: ContainerView): string {
  const detail = container.waitingMessage ?? '';
  const parts = [`${label(container)} (image ${container.image}) is waiting: ${container.waitingReason}`];
  if (detail !== '') parts.push(detail);
  if (container.terminated !== undefined) parts.push(describeTermination(container));
  return parts.join('; ');
}

function describeTermination(container: ContainerView | undefined): string {
  if (container?.terminated === undefined) return 'no exit code recorded';
  const { exitCode, reason } = container.terminated;
  return `${label(container)} last exited with code ${exitCode}${reason === undefined ? '' : ` (${reason})`} after ${container.restartCount} restarts`;
}

function lateEvidence(pod: PodView, readyWithinMs: number): string {
  const since = waitsSinceMs(pod) - pod.createdMs > readinessMarginMs ? 'its readiness changed' : 'its creation';
  const limit = `not available ${Math.round(readyWithinMs / 1000)} s after ${since}`;
  if (pod.unschedulable !== undefined) return `${limit}; not scheduled: ${pod.unschedulable}`;
  const waiting = pod.containers.find((container) => container.waitingReason !== undefined);
  if (waiting !== undefined) return `${limit}; ${describeWaiting(waiting)}`;
  return `${limit}; phase ${pod.phase}, Ready is ${pod.ready ? 'True' : 'False'}`;
}

/** Each way of being late has a code of its own (S18, S20); `NotAvailableInTime` is a pod that is Ready and not for long enough. */
function whyLate(pod: PodView): { cause: string; nextStep: string } {
  if (pod.unschedulable !== undefined) {
    return { cause: 'NotScheduledInTime', nextStep: 'make room on the node or lower the requests of the template' };
  }
  const waiting = pod.containers.find((container) => container.waitingReason !== undefined);
  if (waiting?.waitingReason === 'ErrImagePull') {
    return {
      cause: 'ImageNotPulledInTime',
      nextStep: 'check the registry and what the nodes may pull, or raise readyWithin',
    };
  }
  if (waiting !== undefined || pod.phase === 'Pending') {
    const nextStep =
      'look at the events of the pod: volumes, init containers or a slow image pull; or raise readyWithin';
    return { cause: 'NotStartedInTime', nextStep };
  }
  const nextStep = 'check the readiness probe and what the agent waits for, or raise readyWithin';
  return { cause: pod.ready ? 'NotAvailableInTime' : 'NotReadyInTime', nextStep };
}
