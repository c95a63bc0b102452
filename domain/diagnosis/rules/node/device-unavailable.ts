import { nodeOf, type Rule, seek } from '../../rule.ts';

const wordings = [
  /Allocate failed due to .{0,120}devices unavailable for (?<device>[\w./-]{1,253})/,
  /no healthy devices present; cannot allocate unhealthy devices (?<device>[\w./-]{1,253})/,
  /UnexpectedAdmissionError.{0,100}(?:Allocate failed|device plugin|Topology)/,
];

/** A device that the pod asks for, such as a GPU, is not there. */
export const deviceUnavailable: Rule = {
  cause: 'DeviceUnavailable',
  row: {
    shows:
      'pod reason `UnexpectedAdmissionError`: `Allocate failed due to requested number of devices unavailable for NAME`',
    means:
      'the device plugin of the node has no healthy device left, often right after a restart of the node or of the plugin',
    todo: 'look at the device plugin on the node; delete the failed pod once the devices are back',
  },
  best: 'high',
  rank: 3,
  changedBy: /resources/,
  find(facts) {
    const hit = seek(facts, ['pod', 'event'], wordings);
    if (hit === null) return null;
    const device = hit.get('device').replace(/\.$/, '');
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `Node ${nodeOf(facts)} has no device ${device === '' ? 'of the kind the pod asks for' : device} to give.`,
      nextStep: `Look at the device plugin on node ${nodeOf(facts)} ("kubectl describe node ${nodeOf(facts)}" shows what it offers), then send retry.`,
    };
  },
};
