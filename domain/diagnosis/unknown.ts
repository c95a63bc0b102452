import type { Facts, Quote } from './facts.ts';
import { daemonSetOf, kubectl, type Match, podOf, previousLogs, type Row, troubled } from './rule.ts';

/** The cause of what no rule knows. */
export const unknownCause = 'unknown';

/** Its row in docs/failures.md. */
export const unknownRow: Row = {
  shows: 'status, events and last lines are quoted as they are',
  means: 'none of the other causes fits; Nodewave does not guess',
  todo: 'read the quoted texts, then the whole log and the events of the pod',
};

/** Events that say that something was done, not that it went wrong. */
const routine =
  /^(?:Scheduled|Pulling|Pulled|Created|Started|SuccessfulCreate|SuccessfulDelete|Killing|SuccessfulAttachVolume)\b/;

/** What there is to read when no rule fits: status, conditions, events, and the last line of each log. */
export function findUnknown(facts: Facts): Match {
  const told: Record<string, number> = {
    waiting: 2,
    ended: 1,
    pod: 1,
    condition: 1,
    event: 2,
    probe: 1,
    log: 2,
    refusal: 2,
    node: 0,
  };
  const left = { ...told };
  const quotes = facts.quotes.filter((quote) => {
    if (quote.kind === 'event' && routine.test(quote.text)) return false;
    left[quote.kind] = (left[quote.kind] ?? 0) - 1;
    return (left[quote.kind] ?? 0) >= 0;
  });
  const whole =
    facts.pod === null || facts.pod.pod === ''
      ? kubectl(facts, `describe daemonset ${daemonSetOf(facts)}`)
      : `${kubectl(facts, `describe pod ${podOf(facts)}`)} and ${previousLogs(facts, troubled(facts))}`;
  return {
    quotes: inOrder(quotes),
    confidence: 'low',
    what: 'None of the known causes fits.',
    nextStep: `Read the evidence, then ${whole}.`,
  };
}

/** One of each source first, so that five lines show as many sides as there are. */
function inOrder(quotes: readonly Quote[]): Quote[] {
  const seen = new Set<string>();
  const first = quotes.filter(({ kind }) => !seen.has(kind) && seen.add(kind));
  return [...first, ...quotes.filter((quote) => !first.includes(quote))];
}
