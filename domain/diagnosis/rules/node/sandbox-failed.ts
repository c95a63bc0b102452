import { kubectl, nodeOf, podOf, type Rule, seek } from '../../rule.ts';

/** The runtime cannot make the pod's sandbox, for a reason that is not the network. */
export const sandboxFailed: Rule = {
  cause: 'SandboxFailed',
  row: {
    shows:
      'event `FailedCreatePodSandBox` with a text that is not about the network: the pause image, cgroups, a name that is reserved',
    means: 'the runtime of the node cannot make the sandbox in which the containers would run',
    todo: 'read the event; look at the runtime of the node and its log',
  },
  best: 'medium',
  rank: 1,
  symptom: true,
  find(facts) {
    const hit = seek(
      facts,
      ['event'],
      [/FailedCreatePodSandBox|FailedPodSandBoxStatus|[Ff]ailed to create pod sandbox/],
    );
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'medium',
      what: `The runtime of node ${nodeOf(facts)} cannot make the pod's sandbox.`,
      nextStep: `Read ${kubectl(facts, `describe pod ${podOf(facts)}`)} and the log of the container runtime on node ${nodeOf(facts)}.`,
    };
  },
};
