import type { Facts } from '../../facts.ts';
import { nodeOf, type Rule, seek } from '../../rule.ts';
import { otherNodes, placeTexts } from './scheduler.ts';

const wordings = [
  /Insufficient (?<resource>[\w./-]{1,100})/,
  /\bOut[oO]f(?<resource>cpu|memory|pods|ephemeral-storage|[\w.-]{1,60}\/[\w.-]{1,60})/,
  /[Nn]ode didn't have enough (?:resource|capacity): (?<resource>[\w./-]{1,100})/,
  /(?<pods>Too many pods)/,
];

/** The pod's requests do not fit on the node beside what runs there. */
export const insufficientResources: Rule = {
  cause: 'InsufficientResources',
  row: {
    shows:
      '`Unschedulable: … Insufficient memory`, `Too many pods`; from the kubelet `OutOfcpu`, `OutOfmemory`; with requests and what the node has',
    means: 'the requests of the template are more than the node has left for them',
    todo: 'lower the requests, make room on the node, or give the DaemonSet a priority class so that it goes first',
  },
  best: 'high',
  rank: 3,
  explains: [...otherNodes, 'TaintNotTolerated'],
  changedBy: /resources/,
  find(facts) {
    const hit = seek(facts, placeTexts, wordings);
    if (hit === null) return null;
    const resource = hit.get('pods') === '' ? hit.get('resource').replace(/\.$/, '') : 'pods';
    const numbers = numbersOf(facts, resource);
    return {
      quotes: [hit.quote],
      more: numbers === '' ? [] : [`template and node: ${numbers}`],
      confidence: 'high',
      what: `Node ${nodeOf(facts)} has not enough ${resource === 'pods' ? 'room for another pod' : `${resource} left for the requests of the pod`}${numbers === '' ? '' : ` (${numbers})`}.`,
      nextStep:
        resource === 'pods'
          ? `Remove pods from node ${nodeOf(facts)} or raise maxPods of its kubelet; a priorityClassName lets the DaemonSet go first.`
          : `Lower requests.${resource} of the template in git, make room on node ${nodeOf(facts)}, or set a priorityClassName so that it goes first.`,
    };
  },
};

function numbersOf({ pod, evidence }: Facts, resource: string): string {
  const requests = Object.entries(pod?.requests ?? {}).flatMap(([name, of]) =>
    of[resource] === undefined ? [] : [`${name} requests ${of[resource]}`],
  );
  const allocatable = evidence.node?.allocatable?.[resource];
  if (requests.length === 0 && allocatable === undefined) return '';
  return [
    ...requests.slice(0, 4),
    ...(allocatable === undefined ? [] : [`the node can give ${allocatable} in all`]),
  ].join(', ');
}
