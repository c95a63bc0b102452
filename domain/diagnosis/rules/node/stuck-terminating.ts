import { kubectl, nodeOf, podOf, type Rule, seek } from '../../rule.ts';

/** After the grace period this much longer is still usual. */
const marginMs = 60_000;

const wordings = [
  /FailedKillPod|error killing pod|KillPodSandboxError|KillContainerError/,
  /device or resource busy|orphaned pod|failed to unmount|UnmountVolume\.\w{1,30} failed/i,
  /ExceededGracePeriod|did not terminate in time/i,
];

/** The pod is being deleted and stays: a finalizer, or a kubelet that cannot end it. */
export const stuckTerminating: Rule = {
  cause: 'StuckTerminating',
  row: {
    shows:
      'the pod has a deletion time and stays: finalizers are named, or events `FailedKillPod`, `device or resource busy`, `failed to unmount`',
    means:
      'a finalizer waits for its controller, or the kubelet cannot end a process or unmount a volume; Nodewave never deletes by force',
    todo: 'let the controller of the finalizer do its work, or mend kubelet, runtime or mount on the node',
  },
  best: 'high',
  rank: 3,
  explains: ['ReadinessProbeFailing', 'LivenessProbeFailing', 'MountFailed', 'Crash'],
  find(facts) {
    const { pod } = facts;
    if (pod?.terminatingSinceMs === undefined) return null;
    const sinceMs = facts.evidence.nowMs - pod.terminatingSinceMs;
    const graceMs = (pod.graceSeconds ?? 30) * 1000;
    const hit = seek(facts, ['event', 'waiting'], wordings);
    const finalizers = pod.finalizers.slice(0, 5).map((name) => name.slice(0, 100));
    if (hit === null && finalizers.length === 0 && sinceMs < graceMs + marginMs) return null;
    const seconds = Math.max(0, Math.round(sinceMs / 1000));
    return {
      quotes: hit === null ? [] : [hit.quote],
      more: [
        `status of the pod: being deleted for ${seconds} s, grace ${Math.round(graceMs / 1000)} s`,
        ...(finalizers.length === 0 ? [] : [`metadata.finalizers: ${finalizers.join(', ')}`]),
      ],
      // Up to the end of its grace, a pod with a finalizer is on its way like any other.
      confidence: sinceMs > graceMs && (finalizers.length > 0 || hit !== null) ? 'high' : 'medium',
      what:
        finalizers.length > 0
          ? `The pod is being deleted for ${seconds} s and waits for finalizer ${finalizers.join(', ')}.`
          : `The pod is being deleted for ${seconds} s, and the kubelet of node ${nodeOf(facts)} does not end it.`,
      nextStep:
        finalizers.length > 0
          ? `Mend the controller that keeps ${finalizers[0]}; only if it is gone for good, take the finalizer out: ${kubectl(facts, `edit pod ${podOf(facts)}`)}.`
          : `Look at kubelet and runtime of node ${nodeOf(facts)} for pod ${podOf(facts)}: processes in state D, busy mounts. Do not delete by force while it may run.`,
    };
  },
};
