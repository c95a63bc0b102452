import { nodeOf, type Rule, seek } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';

const evicted = [
  /The node was low on resource: \[?(?<resource>[\w-]{1,60})/,
  /The node had condition: \[(?<resource>[\w, ]{1,100})\]/,
  /Pod was rejected: .{0,40}(?<resource>(?:Memory|Disk|PID)Pressure)/,
];
/** The node looks for room, which need not have cost this pod anything. */
const reclaiming = [/EvictionThresholdMet: Attempting to reclaim (?<resource>[\w-]{1,60})/];

/** What a condition or a text is short of, in words. */
function inWords(resource: string): string {
  return resource.replace(/(\w{1,20})Pressure/g, (_, name: string) =>
    name === 'PID' ? 'process ids' : name.toLowerCase(),
  );
}

/** The node is short of memory, disk or process ids, and ends or refuses pods. */
export const nodePressure: Rule = {
  cause: 'NodePressure',
  row: {
    shows:
      'pod reason `Evicted`: `The node was low on resource: memory`; `The node had condition: [DiskPressure]`; node condition `MemoryPressure`, `DiskPressure` or `PIDPressure`',
    means: 'the node is short of memory, disk or process ids; the kubelet ends pods, those above their requests first',
    todo: 'make room on the node; give the DaemonSet requests that it really needs, and a high priority class',
  },
  best: 'high',
  rank: 3,
  explains: [...crashes, ...probes, 'TaintNotTolerated'],
  find(facts) {
    const hit = seek(facts, ['pod', 'event'], evicted);
    const reported = facts.quotes.filter(
      ({ kind, from }) => kind === 'node' && /^node condition \w{1,40}Pressure=True/.test(from),
    );
    if (hit !== null) {
      return {
        quotes: [hit.quote, ...reported],
        confidence: 'high',
        what: `Node ${nodeOf(facts)} is short of ${inWords(hit.get('resource'))} and ended or refused the pod.`,
        nextStep: nextStep(nodeOf(facts)),
      };
    }
    const looking = seek(facts, ['event'], reclaiming);
    if (reported.length === 0 && looking === null) return null;
    const short = reported.map(({ from }) => /(\w{1,40}Pressure)=/.exec(from)?.[1] ?? '');
    const resources = short.length > 0 ? short.map(inWords).join(' and ') : (looking?.get('resource') ?? '');
    return {
      quotes: [...reported, ...(looking === null ? [] : [looking.quote])],
      confidence: reported.length > 0 ? 'medium' : 'low',
      what: `Node ${nodeOf(facts)} reports that it is short of ${resources}.`,
      nextStep: nextStep(nodeOf(facts)),
    };
  },
};

function nextStep(node: string): string {
  return `Make room on node ${node} ("kubectl describe node ${node}"), and give the DaemonSet fitting requests and a priorityClassName in git.`;
}
