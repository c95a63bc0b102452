import type { Facts } from '../../facts.ts';
import { capital, type Hit, logConfidence, type Match, type Rule, seekAll, speaker } from '../../rule.ts';

/** Hosts as programs name them; a bare word is one only where the wording leaves no doubt. */
const addresses: readonly RegExp[] = [
  /https?:\/\/(?:[^\s/@"']{1,200}@)?(?<host>[\w.-]{1,253}(?::\d{1,5})?)/i,
  /(?:dial (?:tcp|udp) |connect E[A-Z]{3,20} |(?:TCP connection|connect(?:ing)?|connection) to )(?<host>(?:\[[\da-f:]{2,45}\]|[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|[\w-]{1,63}(?=:\d))(?::\d{1,5})?)(?: port (?<port>\d{1,5}))?/i,
  /host=['"](?<host>[\w.-]{1,253})['"], port=(?<port>\d{1,5})/,
];

/** Whom the program wanted to reach, or undefined where the texts do not say. */
function peerOf(hits: readonly Hit[]): string | undefined {
  for (const { quote, get } of hits) {
    if (get('peer') !== '') return get('peer');
    const groups = addresses.map((address) => address.exec(quote.text)?.groups).find((found) => found !== undefined);
    if (groups?.host !== undefined) return groups.port === undefined ? groups.host : `${groups.host}:${groups.port}`;
  }
  return undefined;
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
  const { what, nextStep } = words(peerOf(hits) ?? 'a service that it calls');
  return {
    quotes: hits.slice(0, 2).map(({ quote }) => quote),
    confidence: logConfidence(hits, 'medium'),
    what: `${capital(speaker(facts, hit.quote))} ${what}.`,
    nextStep,
  };
}

/** Paths whose change may send a program elsewhere. */
export const peerChange: NonNullable<Rule['changedBy']> = /\.(?:args|env|command)\b|dnsPolicy|hostNetwork/;
