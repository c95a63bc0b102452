import { nodeOf, type Rule, seek } from '../../rule.ts';
import { otherNodes, placeTexts } from './scheduler.ts';

const wordings = [
  /volume node affinity conflict/,
  /didn't match PersistentVolume's node affinity/,
  /didn't find available persistent volumes to bind/,
  /no available volume zone|NoVolumeZoneConflict/,
  /exceed max volume count|reached its volume attachment limit/,
];

/** A volume of the pod cannot be used on this node: another zone, another node, or too many volumes. */
export const volumeZoneMismatch: Rule = {
  cause: 'VolumeZoneMismatch',
  row: {
    shows:
      "`didn't match PersistentVolume's node affinity` or the older `had volume node affinity conflict`, `didn't find available persistent volumes to bind`, `exceed max volume count`",
    means:
      'the volume is in another zone or on another node, or the node has no slot for one more; a DaemonSet rarely wants one claim for all nodes',
    todo: 'use a host path or an ephemeral volume per node, or a claim that every node can reach',
  },
  best: 'high',
  rank: 3,
  explains: [...otherNodes, 'TaintNotTolerated'],
  changedBy: /volumes/,
  find(facts) {
    const hit = seek(facts, placeTexts, wordings);
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `A volume of the pod cannot be used on node ${nodeOf(facts)}.`,
      nextStep:
        'Use a host path or an ephemeral volume per node in git, or a volume that every node of the DaemonSet can reach.',
    };
  },
};
