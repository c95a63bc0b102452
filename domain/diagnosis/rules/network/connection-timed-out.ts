import type { Rule } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';
import { networkMatch, peerChange } from './network-texts.ts';

const wordings = [
  /i\/o timeout|timed out connecting|connection timed out|connect timed out|(?:connection|connect|read|request|handshake) timeout(?! ?[:=]? ?\d)/i,
  /\bETIMEDOUT\b|\bESOCKETTIMEDOUT\b|ConnectTimeoutError|ConnectTimeoutException|ReadTimeout/,
  /context deadline exceeded|Client\.Timeout exceeded/,
  /no route to host|network is unreachable|host is unreachable|EHOSTUNREACH|ENETUNREACH/i,
  /curl: \(28\)/,
  /(?:TimeoutError:|urlopen error) timed out/,
];

/** The program ends or waits because a peer does not answer. */
export const connectionTimedOut: Rule = {
  cause: 'ConnectionTimedOut',
  row: {
    shows:
      'the last lines speak of `i/o timeout`, `connection timed out`, `ETIMEDOUT`, `context deadline exceeded`, `no route to host`',
    means: 'packets to the peer are lost: a network policy, firewall, route or proxy, or the peer is overloaded',
    todo: 'check the way from this node; compare with a node that is well',
  },
  best: 'medium',
  rank: 2,
  explains: [...crashes, ...probes],
  changedBy: peerChange,
  find: (facts) =>
    networkMatch(facts, wordings, (peer) => ({
      what: `gets no answer from ${peer} in time`,
      nextStep: `Check network policies, firewalls and routes from this node to ${peer}, and whether other nodes reach it.`,
    })),
};
