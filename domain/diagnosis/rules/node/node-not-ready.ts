import { nodeOf, type Rule, seek } from '../../rule.ts';
import { mounts, probes } from '../symptoms.ts';

const ofPod = [/^NodeLost\b|which was running pod \S{1,253} is unresponsive/];
const ofEvent = [/^NodeNotReady\b: Node is not ready/i];
const ofNode = [/Kubelet stopped posting node status|NodeStatusNeverUpdated|NodeStatusUnknown|KubeletNotReady/];

/** The node does not report, or says that it is not ready: nothing on it can be judged. */
export const nodeNotReady: Rule = {
  cause: 'NodeNotReady',
  row: {
    shows:
      'node condition `Ready` is not True: `Kubelet stopped posting node status`, `PLEG is not healthy`, `container runtime is down`; pod reason `NodeLost`',
    means:
      'kubelet, runtime or the whole node is down; when it happens right after this release came to the node, the release may be why',
    todo: 'look at the node (`kubectl describe node`, console, kubelet log); with a network or storage agent, suspect the release',
  },
  best: 'high',
  rank: 3,
  explains: [...probes, ...mounts, 'StuckTerminating', 'SandboxFailed', 'Unschedulable', 'TaintNotTolerated'],
  find(facts) {
    const node = facts.evidence.node;
    const hit = seek(facts, ['node'], ofNode) ?? seek(facts, ['pod'], ofPod) ?? seek(facts, ['event'], ofEvent);
    if (node !== null && !node.ready) {
      const ready = facts.quotes.filter(
        ({ kind, from }) => kind === 'node' && from.startsWith('node condition Ready='),
      );
      const quotes = ready.length > 0 ? ready : hit === null ? [] : [hit.quote];
      return {
        quotes,
        more: quotes.length === 0 ? ['status of the node: Ready is not True'] : [],
        confidence: 'high',
        what: `Node ${nodeOf(facts)} is not ready${ready[0] === undefined ? '' : `: ${ready[0].text.slice(0, 200)}`}.`,
        nextStep: `Read "kubectl describe node ${nodeOf(facts)}" and the log of its kubelet; Nodewave goes on once the node is back.`,
      };
    }
    if (hit === null || (hit.quote.kind === 'node' && !hit.quote.from.startsWith('node condition Ready='))) return null;
    return {
      quotes: [hit.quote],
      // The node is ready again, or was not looked at.
      confidence: node === null ? 'high' : 'medium',
      what: `Node ${nodeOf(facts)} was not ready${node === null ? '' : ' for a while'}.`,
      nextStep: `Read "kubectl describe node ${nodeOf(facts)}" and the log of its kubelet for why.`,
    };
  },
};
