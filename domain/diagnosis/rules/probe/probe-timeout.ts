import type { Rule } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';
import { failuresOf, isTimeout, killOf, type Probe } from './probe-texts.ts';

const all: readonly Probe[] = ['Startup', 'Liveness', 'Readiness'];

/** Every failure of a probe that is told is one of time: the program may be well and slow. */
export const probeTimeout: Rule = {
  cause: 'ProbeTimeout',
  row: {
    shows:
      'a probe fails only by time: `context deadline exceeded (Client.Timeout exceeded while awaiting headers)`, `command timed out`, `i/o timeout`',
    means: 'the program takes longer to answer than the probe waits (1 s by default): slow, short of CPU, or hanging',
    todo: 'raise `timeoutSeconds` of the probe or `limits.cpu`; see whether the program hangs',
  },
  best: 'high',
  rank: 2,
  symptom: true,
  explains: [...crashes, ...probes.filter((probe) => probe !== 'ProbeTimeout')],
  changedBy: /Probe|resources/,
  find(facts) {
    for (const probe of all) {
      const failures = failuresOf(facts, probe);
      const first = failures[0];
      if (first === undefined || !failures.every(isTimeout)) continue;
      const kill = killOf(facts, probe);
      return {
        quotes: kill === undefined ? [first] : [first, kill],
        confidence: kill === undefined ? 'medium' : 'high',
        what: `The ${probe.toLowerCase()} probe gets no answer in time${kill === undefined ? '' : ', and the kubelet restarts the container'}.`,
        nextStep: `Raise timeoutSeconds of ${probe.toLowerCase()}Probe or limits.cpu in git, or find out why the program answers slowly.`,
      };
    }
    return null;
  },
};
