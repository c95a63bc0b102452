import type { Facts } from '../../facts.ts';
import { capital, type Hit, logConfidence, type Match, type Rule, seekAll, speaker } from '../../rule.ts';

const address =
  /(?:dial (?:tcp|udp) |connect(?:ing)? to |tcp connect to |host=['"]?|https?:\/\/|connect E\w+ |to ['"]?)(?<address>(?:\[[\da-f:]{2,45}\]|[\w.-]{1,253})(?::\d{1,5})?)/i;

/** Whom the program wanted to reach, or `a service`. */
export function peerOf({ quote, get }: Hit): string {
  const named = get('peer') === '' ? address.exec(quote.text)?.groups?.address : get('peer');
  return named === undefined || /^(?:lookup|the|server|host|a|an)$/i.test(named) ? 'a service that it needs' : named;
}

/** A finding from what a program logs about the network. */
export function networkMatch(
  facts: Facts,
  wordings: readonly RegExp[],
  words: (peer: string) => { what: string; nextStep: string },
  not = /$^/,
): Match | null {
  const hits = seekAll(facts, ['log', 'ended'], wordings, 3).filter(({ quote }) => !not.test(quote.text));
  const hit = hits[0];
  if (hit === undefined) return null;
  const { what, nextStep } = words(peerOf(hit));
  return {
    quotes: hits.slice(0, 2).map(({ quote }) => quote),
    confidence: logConfidence(hits, 'medium'),
    what: `${capital(speaker(facts, hit.quote))} ${what}.`,
    nextStep,
  };
}

/** Paths whose change may send a program elsewhere. */
export const peerChange: NonNullable<Rule['changedBy']> = /\.(?:args|env|command)\b|dnsPolicy|hostNetwork/;
