import { capital, nodeOf, type Rule, seek } from '../../rule.ts';
import { probes } from '../symptoms.ts';

const ofSandbox = [
  /(?:FailedCreatePodSandBox|CreatePodSandbox|[Ff]ailed to create pod sandbox).{0,300}(?:network for (?:pod )?sandbox|pod network sandbox|network status for pod|set up pod network|CNI|cni|network namespace|networkPlugin)/,
  /plugin type="(?<plugin>[\w.-]{1,60})".{0,20}failed/,
  /^NetworkNotReady: network is not ready/,
];
const ofNode = [/NetworkPluginNotReady|cni plugin not initialized|cni config uninitialized|No CNI configuration file/];

/** The network plugin of the node does not work, so pods get no network. */
export const networkSetupFailed: Rule = {
  cause: 'NetworkSetupFailed',
  row: {
    shows:
      'event `FailedCreatePodSandBox` with `failed to setup network for sandbox` or `plugin type="…" failed (add)`; node not ready with `cni plugin not initialized`',
    means:
      'the CNI plugin of the node fails or is not there: a network agent that is down, no addresses left, a broken configuration',
    todo: 'look at the network agent on this node; where this release is that agent, roll back',
  },
  best: 'high',
  rank: 3,
  explains: ['SandboxFailed', 'NodeNotReady', ...probes],
  find(facts) {
    const hit = seek(facts, ['event'], ofSandbox) ?? seek(facts, ['node', 'event'], ofNode);
    if (hit === null) return null;
    const plugin = /plugin type="(?<plugin>[\w.-]{1,60})"/.exec(hit.quote.text)?.groups?.plugin;
    const addresses = /no (?:IP )?addresses available|failed to assign an IP|no available IP/i.test(hit.quote.text);
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${capital(plugin === undefined ? 'the network plugin' : `network plugin ${plugin}`)} of node ${nodeOf(facts)} cannot set up the network of pods${addresses ? ': no address is left' : ''}.`,
      nextStep: `Look at the network agent's pod on node ${nodeOf(facts)}: "kubectl get pods -A --field-selector spec.nodeName=${nodeOf(facts)}"${addresses ? '; free or add addresses' : ''}.`,
    };
  },
};
