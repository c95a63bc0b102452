import type { ContainerView } from '../../../cluster/view.ts';
import { type Facts, labelOf, type Quote } from '../../facts.ts';
import { kubectl, type Match, namespaceOf, podOf, previousLogs, type Rule, seek } from '../../rule.ts';
import { probes } from '../symptoms.ts';
import { exitCodeInWords } from './exit-codes.ts';

/** The program's own fault, whatever went before. */
const ownFault =
  /panic: runtime error|SIGSEGV|segmentation (?:fault|violation)|invalid memory address|thread '[^']{0,80}' panicked at|index out of range|NullPointerException|fatal error: all goroutines|Assertion .{0,100}failed|core dumped/i;

/** Exit codes by which a program cannot mean anything else. */
const ownSignals = [132, 134, 135, 139];

/** A container ends by itself. The last lines are shown; other rules know some of them better. */
export const crash: Rule = {
  cause: 'Crash',
  row: {
    shows:
      '`CrashLoopBackOff` or an exit code; the last lines of the run that ended are quoted, and the code is explained',
    means:
      'the program ends by itself; `high` where a panic or signal shows that it is the program, else its last lines say why',
    todo: 'read the last lines and `kubectl logs --previous`; mend the program or its configuration and commit',
  },
  best: 'high',
  rank: 2,
  symptom: true,
  explains: probes,
  changedBy: /\.(?:image|args|command|env)\b/,
  find(facts) {
    const container = facts.containers.find((one) => !one.init && crashed(one));
    if (container?.terminated === undefined) return ofGonePod(facts);
    const { exitCode } = container.terminated;
    const status = facts.quotes.filter((quote) => quote.container === container && quote.kind !== 'log').reverse();
    const lines = lastLines(facts, container);
    const sure = ownSignals.includes(exitCode) || lines.some(({ text }) => ownFault.test(text));
    const words = exitCodeInWords(exitCode);
    return {
      quotes: [...lines.slice(0, 3), ...status],
      confidence: sure ? 'high' : 'medium',
      what: `${labelOf(container).replace(/^c/, 'C')} ends with exit code ${exitCode}${words === '' ? '' : ` (${words})`}${restarts(container)}.`,
      nextStep: `Read ${previousLogs(facts, container)}${exitCode === 137 ? ` and ${kubectl(facts, `describe pod ${podOf(facts)}`)}` : ''}, mend the program or its configuration, and commit.`,
    };
  },
};

/** Of a pod that is gone, what a gate wrote down. */
function ofGonePod(facts: Facts): Match | null {
  const hit = seek(
    facts,
    ['pod'],
    [/^(?:CrashLoopBackOff|TooManyRestarts): .{0,600}last exited with code (?<code>\d{1,3})/],
  );
  if (hit === null || facts.containers.length > 0) return null;
  const words = exitCodeInWords(Number(hit.get('code')));
  return {
    quotes: [hit.quote],
    confidence: 'medium',
    what: `A container of the pod ended with exit code ${hit.get('code')}${words === '' ? '' : ` (${words})`}; the pod is gone.`,
    nextStep: `Look for its log where logs are collected: namespace ${namespaceOf(facts)}, pod ${podOf(facts)}.`,
  };
}

/** Ended and waits to be started anew, or was started anew. A container that never ran is not one that crashed. */
function crashed({ terminated, waitingReason, restartCount }: ContainerView): boolean {
  if (terminated === undefined || terminated.reason === 'StartError' || terminated.reason === 'ContainerCannotRun')
    return false;
  return waitingReason === 'CrashLoopBackOff' || terminated.exitCode !== 0 || restartCount > 0;
}

function restarts({ restartCount }: ContainerView): string {
  return restartCount === 0 ? '' : `, ${restartCount} ${restartCount === 1 ? 'restart' : 'restarts'} so far`;
}

/** The line that names the fault first, then the last lines. */
function lastLines(facts: Facts, container: ContainerView): Quote[] {
  const lines = facts.quotes.filter((quote) => quote.kind === 'log' && quote.container === container);
  const telling = lines
    .slice(0, 40)
    .filter(({ text }) => ownFault.test(text) || /\b(?:panic|fatal|error|exception)\b/i.test(text));
  return [...new Set([...telling.slice(0, 1), ...lines.slice(0, 3)])];
}
