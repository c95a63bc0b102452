import { nodeOf, type Rule, seek } from '../../rule.ts';

const wordings = [
  /in response to (?:imminent )?node shutdown/,
  /as (?:the )?node is shutting down/,
  /[Nn]ode is (?:in progress of )?shutting(?: down)?, (?:evicting|not admitting)/,
  /^NodeShutdown\b/,
];

/** The node goes down in good order and takes its pods with it. */
export const nodeShutdown: Rule = {
  cause: 'NodeShutdown',
  row: {
    shows: 'pod reason `Terminated` or `NodeShutdown`: `Pod was terminated in response to imminent node shutdown`',
    means: 'the node is being shut down or restarted; this is not the release',
    todo: 'wait until the node is back, then send `retry`',
  },
  best: 'high',
  rank: 3,
  explains: ['Crash', 'NodeNotReady', 'StuckTerminating', 'ReadinessProbeFailing', 'LivenessProbeFailing'],
  find(facts) {
    const hit = seek(facts, ['pod', 'event', 'node'], wordings);
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `Node ${nodeOf(facts)} is or was shutting down, and ended its pods.`,
      nextStep: `Wait until node ${nodeOf(facts)} is back ("kubectl get node ${nodeOf(facts)}"), then send retry.`,
    };
  },
};
