import type { Rule } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';
import { networkMatch, peerChange } from './network-texts.ts';

const wordings = [
  /connection refused/i,
  /\bECONNREFUSED\b/,
  /ConnectionRefusedError/,
  // Newer ones of curl say no more than that.
  /curl: \(7\) .{0,300}(?:Couldn't|Could not) connect to server/,
];

/** The program ends or waits because a peer refuses its connection. */
export const connectionRefused: Rule = {
  cause: 'ConnectionRefused',
  row: {
    shows: 'the last lines speak of `connection refused`, `ECONNREFUSED`, `ConnectionRefusedError`',
    means:
      'what the program needs does not listen at that address and port: it is down, not up yet, or the address is wrong',
    todo: 'check that the peer runs; correct address and port; let the program wait for it instead of ending',
  },
  best: 'medium',
  rank: 2,
  explains: [...crashes, ...probes],
  changedBy: peerChange,
  find: (facts) =>
    networkMatch(facts, wordings, (peer) => ({
      what: `is refused by ${peer}: nothing listens there`,
      nextStep: `Check that ${peer} runs and that address and port in args, env and configuration are right; network policies drop rather than refuse.`,
    })),
};
