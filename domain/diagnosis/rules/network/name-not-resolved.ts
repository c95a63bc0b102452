import type { Rule } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';
import { networkMatch, peerChange } from './network-texts.ts';

const wordings = [
  /lookup (?<peer>[\w.-]{1,253})(?: on \S{1,60})?: (?:no such host|server misbehaving|i\/o timeout|.{0,80}(?:timeout|connection refused))/,
  /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?<peer>[\w.-]{1,253})/,
  /UnknownHostException:? (?<peer>[\w.-]{1,253})/,
  /Could not resolve host:? '?(?<peer>[\w.-]{1,253})/i,
  /Failed to resolve '(?<peer>[\w.-]{1,253})'/i,
  /connection to (?<peer>[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})\S{0,10} \(getaddrinfo/i,
  /no such host|Name or service not known|Temporary failure in name resolution|nodename nor servname provided|failed to lookup address information|bad address '|can't resolve '/i,
];

/** The program ends or waits because a name is not resolved. */
export const nameNotResolved: Rule = {
  cause: 'NameNotResolved',
  row: {
    shows:
      'the last lines speak of `no such host`, `ENOTFOUND`, `Name or service not known`, `UnknownHostException`, `Could not resolve host`',
    means:
      'the name is wrong, its Service does not exist, or DNS does not work on this node; pods with host network need another `dnsPolicy`',
    todo: 'check name and Service; with `hostNetwork` set `dnsPolicy: ClusterFirstWithHostNet`',
  },
  best: 'medium',
  rank: 2,
  explains: [...crashes, ...probes],
  changedBy: peerChange,
  find: (facts) =>
    networkMatch(facts, wordings, (peer) => ({
      what: `cannot resolve the name of ${peer}`,
      nextStep: `Check that the name of ${peer} is right and its Service exists, and DNS on this node; with hostNetwork set dnsPolicy to ClusterFirstWithHostNet.`,
    })),
};
