import type { ContainerView, PodView } from '../cluster/view.ts';

/** The two wordings that a kubelet swaps while it tries again are one symptom, and so are the two before a container starts. */
const sameReason: Record<string, string> = {
  ErrImagePull: 'ImagePull',
  ImagePullBackOff: 'ImagePull',
  ContainerCreating: 'Starting',
  PodInitializing: 'Starting',
};

/** Symptom of a pod that may only need more time. */
export const starting = 'Starting';

/**
 * What a pod that is not well shows, as a word by which pods are compared; null when it is well or ends within its grace period.
 * Exit codes are left out: one defect often ends with several.
 */
export function symptomOf(pod: PodView, nowMs: number): string | null {
  if (pod.terminatingUntilMs !== undefined) return nowMs > pod.terminatingUntilMs ? 'Terminating' : null;
  if (pod.phase === 'Failed') return `Failed ${pod.reason ?? ''}`.trim();
  if (pod.ready) return null;
  if (pod.unschedulable !== undefined) return 'Unschedulable';
  for (const container of pod.containers) {
    const symptom = containerSymptom(container);
    if (symptom !== null && symptom !== starting) return `${container.init ? 'Init ' : ''}${symptom}`;
  }
  return pod.phase === 'Pending' ? starting : 'NotReady';
}

function containerSymptom({ waitingReason, terminated, init }: ContainerView): string | null {
  const reason = waitingReason === undefined ? undefined : (sameReason[waitingReason] ?? waitingReason);
  if (reason !== undefined && reason !== 'CrashLoopBackOff') return reason;
  if (terminated?.reason === 'OOMKilled') return 'OOMKilled';
  if (reason !== undefined || (terminated !== undefined && terminated.exitCode !== 0)) return 'Crash';
  // An init container that has done its work has ended with 0; another one has not.
  return !init && terminated !== undefined ? 'Crash' : null;
}
