import { nodeOf, type Rule, seek } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';

const evicted = [
  /The node was low on resource: \[?(?<resource>[\w-]{1,60})/,
  /The node had condition: \[(?<resource>[\w, ]{1,100})\]/,
  /Pod was rejected: .{0,40}(?<resource>(?:Memory|Disk|PID)Pressure)/,
  /EvictionThresholdMet: Attempting to reclaim (?<resource>[\w-]{1,60})/,
];
/** What a condition or a text is short of, in words. */
function inWords(resource: string): string {
  return resource.replace(/(\w{1,20})Pressure/g, (_, name: string) =>
    name === 'PID' ? 'process ids' : name.toLowerCase(),
  );
}

const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];

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
    const pressed = facts.evidence.node?.conditions.filter(
      ({ type, status }) => conditions.includes(type) && status === 'True',
    );
    const quotes = facts.quotes.filter(
      ({ kind, from }) => kind === 'node' && /^node condition \w+Pressure=True/.test(from),
    );
    if (hit === null && (pressed ?? []).length === 0) return null;
    const resource = hit === null ? (pressed ?? []).map(({ type }) => type).join(' and ') : hit.get('resource');
    return {
      quotes: hit === null ? quotes : [hit.quote, ...quotes],
      confidence: hit === null ? 'medium' : 'high',
      what:
        hit === null
          ? `Node ${nodeOf(facts)} reports that it is short of ${inWords(resource)}.`
          : `Node ${nodeOf(facts)} is short of ${inWords(resource)} and ended or refused the pod.`,
      nextStep: `Make room on node ${nodeOf(facts)} ("kubectl describe node ${nodeOf(facts)}"), and give the DaemonSet fitting requests and a priorityClassName in git.`,
    };
  },
};
