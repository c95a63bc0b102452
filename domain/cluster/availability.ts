import type { PodView } from './view.ts';

/**
 * Whether a pod serves: not terminating, Ready, and Ready for `minReadySeconds` (S24).
 * @param readySinceMs when the Ready state began on the observer's own clock; a clock that disagrees with the kubelet's
 * must not make a pod look available too early.
 */
export function isAvailable(
  pod: PodView,
  minReadySeconds: number,
  readySinceMs: number | undefined,
  nowMs: number,
): boolean {
  if (!pod.ready || pod.terminatingUntilMs !== undefined) return false;
  if (minReadySeconds === 0) return true;
  return readySinceMs !== undefined && nowMs - readySinceMs >= minReadySeconds * 1000;
}

/** The newest pod of a node that is not being deleted: the one that counts (S14). */
export function newestLivePod(pods: readonly PodView[]): PodView | undefined {
  let newest: PodView | undefined;
  for (const pod of pods) {
    if (pod.terminatingUntilMs !== undefined) continue;
    if (newest === undefined || pod.createdMs > newest.createdMs) newest = pod;
  }
  return newest;
}
