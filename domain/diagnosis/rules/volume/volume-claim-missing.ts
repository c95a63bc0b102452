import { kubectl, nameOr, type Rule, seek } from '../../rule.ts';
import { mounts } from '../symptoms.ts';

const missing = [
  /persistentvolumeclaims? "(?<name>[\w.-]{1,253})" (?:not found|is being deleted)/i,
  /PVC \S{1,63}\/(?<name>[\w.-]{1,253})(?: was)? not found/,
];
const unbound = [
  /persistentvolumeclaim "(?<name>[\w.-]{1,253})" bound to non-existent persistentvolume/,
  /unbound immediate PersistentVolumeClaims|(?:claim|PVC) (?<name>[\w./-]{1,253})? ?is not bound|waiting for first consumer/i,
];

/** A claim that the pod mounts does not exist, or has no volume. */
export const volumeClaimMissing: Rule = {
  cause: 'VolumeClaimMissing',
  row: {
    shows: '`persistentvolumeclaim "NAME" not found`, or `pod has unbound immediate PersistentVolumeClaims`',
    means: 'the pod mounts a claim that does not exist, or for which no volume was made',
    todo: 'create the claim, or see by `kubectl describe pvc` why it gets no volume',
  },
  best: 'high',
  rank: 3,
  explains: [...mounts, 'Unschedulable', 'NodeAffinityMismatch'],
  changedBy: /volumes|persistentVolumeClaim/,
  find(facts) {
    const gone = seek(facts, ['condition', 'event'], missing);
    const hit = gone ?? seek(facts, ['condition', 'event'], unbound);
    if (hit === null) return null;
    const name = nameOr(hit.get('name'), '');
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what:
        gone === null
          ? `A volume claim of the pod${name === '' ? '' : ` (${name})`} is not bound to a volume.`
          : `Volume claim ${name} does not exist.`,
      nextStep:
        gone === null
          ? `Read ${kubectl(facts, 'describe pvc')} for why no volume was made: storage class, provisioner, zone, size.`
          : `Create PersistentVolumeClaim ${name}, or correct claimName in git.`,
    };
  },
};
