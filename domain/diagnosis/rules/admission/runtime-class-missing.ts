import { nameOr, nodeOf, type Rule, seek } from '../../rule.ts';

const object = [
  /RuntimeClass "?(?<name>[\w.-]{1,253})"? not found/i,
  /runtimeclasses\.node\.k8s\.io "(?<name>[\w.-]{1,253})" not found/,
];
const handler = [
  /no runtime for "(?<name>[\w.-]{1,253})" is configured/,
  /failed to find runtime handler (?<name>[\w.-]{1,253})/,
  /RuntimeHandler "(?<name>[\w.-]{1,253})" not supported/,
];

/** The runtime class of the template, or its handler on the node, does not exist. */
export const runtimeClassMissing: Rule = {
  cause: 'RuntimeClassMissing',
  row: {
    shows:
      '`RuntimeClass "NAME" not found`, or event `FailedCreatePodSandBox` with `no runtime for "NAME" is configured`',
    means:
      'the template asks for a runtime class that the cluster, or a handler that the runtime of this node, does not have',
    todo: 'install the runtime on the nodes, create the RuntimeClass, or correct `runtimeClassName`',
  },
  best: 'high',
  rank: 3,
  explains: ['AdmissionDenied', 'SandboxFailed'],
  changedBy: /runtimeClassName/,
  find(facts) {
    const missing = seek(facts, ['event', 'refusal'], object);
    const hit = missing ?? seek(facts, ['event'], handler);
    if (hit === null) return null;
    const name = nameOr(hit.get('name'), 'NAME');
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what:
        missing === null
          ? `The runtime of node ${nodeOf(facts)} has no handler ${name}.`
          : `RuntimeClass ${name} does not exist.`,
      nextStep:
        missing === null
          ? `Configure handler ${name} on node ${nodeOf(facts)}, or keep the DaemonSet off nodes without it.`
          : `Create RuntimeClass ${name}, or correct runtimeClassName in git.`,
    };
  },
};
