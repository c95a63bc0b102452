import { nodeOf, type Rule, seek } from '../../rule.ts';
import { mounts } from '../symptoms.ts';

const wordings = [
  /driver name (?<driver>[\w.-]{1,253}) not found in the list of registered CSI drivers/,
  /CSINode \S{1,253} does not contain driver (?<driver>[\w.-]{1,253})/,
  /no volume plugin matched/,
];

/** The storage driver that a volume needs does not run on the node. */
export const volumeDriverMissing: Rule = {
  cause: 'VolumeDriverMissing',
  row: {
    shows:
      '`driver name … not found in the list of registered CSI drivers`, `CSINode … does not contain driver`, `no volume plugin matched`',
    means: 'the CSI driver of the volume does not run on this node, or has not registered yet',
    todo: "look at the driver's own DaemonSet on this node",
  },
  best: 'high',
  rank: 3,
  explains: mounts,
  changedBy: /volumes/,
  find(facts) {
    const hit = seek(facts, ['event'], wordings);
    if (hit === null) return null;
    const driver = hit.get('driver') === '' ? 'The storage driver of a volume' : `Storage driver ${hit.get('driver')}`;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${driver} is not registered on node ${nodeOf(facts)}.`,
      nextStep: `See whether the driver's pod runs there: "kubectl get pods -A --field-selector spec.nodeName=${nodeOf(facts)}"; install or repair it.`,
    };
  },
};
