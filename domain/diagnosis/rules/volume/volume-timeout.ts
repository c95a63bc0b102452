import { kubectl, podOf, type Rule, seek } from '../../rule.ts';

const attached = [/Multi-Attach error for volume "(?<volume>[\w.-]{1,253})"/];
const wordings = [
  /Unable to attach or mount volumes: unmounted volumes=\[(?<volume>[\w ,.-]{0,253})\].{0,600}(?:timed out|deadline exceeded|failed to process)/,
  /timeout expired waiting for volumes to attach or mount/,
  /(?:MountVolume|AttachVolume)\.\w{1,30} failed .{0,400}(?:timed out|deadline exceeded|DeadlineExceeded)/,
];

/** A volume is not there in time. */
export const volumeTimeout: Rule = {
  cause: 'VolumeTimeout',
  row: {
    shows:
      'event `FailedMount` with `timed out waiting for the condition` or `context deadline exceeded`; `Multi-Attach error`',
    means:
      'a volume is not attached or mounted in time: still attached elsewhere, storage slow or away; a more exact event may be missing',
    todo: 'look at the VolumeAttachments, the storage and its driver',
  },
  best: 'medium',
  rank: 2,
  explains: ['MountFailed'],
  changedBy: /volumes/,
  find(facts) {
    const multi = seek(facts, ['event'], attached);
    const hit = multi ?? seek(facts, ['event'], wordings);
    if (hit === null) return null;
    const volume = hit.get('volume') === '' ? 'A volume' : `Volume ${hit.get('volume')}`;
    return {
      quotes: [hit.quote],
      confidence: 'medium',
      what:
        multi === null
          ? `${volume} is not attached or mounted in time.`
          : `${volume} is still attached to another node.`,
      nextStep: `Look at "kubectl get volumeattachments" and ${kubectl(facts, `describe pod ${podOf(facts)}`)}, then at the storage and its driver.`,
    };
  },
};
