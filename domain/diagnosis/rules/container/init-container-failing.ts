import { labelOf } from '../../facts.ts';
import { previousLogs, type Rule } from '../../rule.ts';
import { exitCodeInWords } from './exit-codes.ts';

/** An init container does not finish, so the others never start. */
export const initContainerFailing: Rule = {
  cause: 'InitContainerFailing',
  row: {
    shows: '`Init:Error` or `Init:CrashLoopBackOff`: an init container ends with an exit code other than 0',
    means: 'the containers of the pod are never started, because what has to run before them fails',
    todo: 'read the log of the init container; mend it or what it waits for',
  },
  best: 'medium',
  rank: 2,
  symptom: true,
  explains: ['ReadinessProbeFailing'],
  changedBy: /initContainers/,
  find(facts) {
    const container = facts.containers.find((one) => one.init && (one.terminated?.exitCode ?? 0) !== 0);
    if (container?.terminated === undefined) return null;
    const { exitCode } = container.terminated;
    const words = exitCodeInWords(exitCode);
    const own = facts.quotes.filter((quote) => quote.container === container);
    return {
      quotes: [
        ...own.filter(({ kind }) => kind === 'log').slice(0, 3),
        ...own.filter(({ kind }) => kind !== 'log').reverse(),
      ],
      confidence: 'medium',
      what: `${labelOf(container).replace(/^i/, 'I')} ends with exit code ${exitCode}${words === '' ? '' : ` (${words})`}, so the pod's containers are not started.`,
      nextStep: `Read ${previousLogs(facts, container)}, mend the init container or what it waits for, and commit.`,
    };
  },
};
