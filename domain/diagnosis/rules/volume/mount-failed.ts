import { kubectl, podOf, type Rule, seek } from '../../rule.ts';

const wordings = [
  /(?:FailedMount|FailedAttachVolume|FailedMapVolume)\b.{0,80}?(?:for volume "(?<volume>[\w.-]{1,253})")?/,
  /(?:MountVolume|AttachVolume|MapVolume)\.\w{1,30} failed for volume "(?<volume>[\w.-]{1,253})"/,
];

/** A volume cannot be mounted, for a reason that no other rule knows. */
export const mountFailed: Rule = {
  cause: 'MountFailed',
  row: {
    shows: 'event `FailedMount`, `FailedAttachVolume` or `FailedMapVolume` with a text that no other row knows',
    means: 'the kubelet cannot prepare a volume, so no container is started',
    todo: 'read the event; look at the storage from the node',
  },
  best: 'medium',
  rank: 1,
  symptom: true,
  changedBy: /volumes/,
  find(facts) {
    const hit = seek(facts, ['event'], [...wordings].reverse());
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'medium',
      what: `${hit.get('volume') === '' ? 'A volume' : `Volume ${hit.get('volume')}`} cannot be mounted.`,
      nextStep: `Read ${kubectl(facts, `describe pod ${podOf(facts)}`)} and look at the storage from the node.`,
    };
  },
};
