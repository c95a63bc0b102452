import { plain } from '../../clean.ts';
import type { Facts, Quote } from '../../facts.ts';
import { matching } from '../../rule.ts';

/** The three probes of a container. */
export type Probe = 'Liveness' | 'Readiness' | 'Startup';

const timeouts = [
  /context deadline exceeded|Client\.Timeout|timed out|i\/o timeout|DeadlineExceeded|timeout: failed to connect/i,
];
const kills: Record<Probe, RegExp | null> = {
  Liveness: /failed liveness probe, will be restarted|Killing container .{0,200}liveness/i,
  Startup: /failed startup probe, will be restarted/i,
  Readiness: null,
};

/** Events in which the kubelet tells that the probe failed, newest first. */
export function failuresOf({ quotes }: Facts, probe: Probe): Quote[] {
  const wording = new RegExp(`${probe} probe (?:failed|errored)|Probe failed: ${probe}`, 'i');
  return quotes.filter(({ kind, text }) => kind === 'probe' && wording.test(text));
}

/** The event in which the kubelet tells that it ends the container because of the probe. */
export function killOf({ quotes }: Facts, probe: Probe): Quote | undefined {
  const wording = kills[probe];
  return wording === null ? undefined : quotes.find(({ kind, text }) => kind === 'event' && wording.test(text));
}

/** Whether the probe got no answer in time, other than a refusal or a bad status. */
export function isTimeout(quote: Quote): boolean {
  return matching(quote, timeouts) !== null;
}

/** What the probe got, in words. */
export function answerOf(quote: Quote): string {
  const status = /statuscode: (?<code>\d{3})/.exec(quote.text)?.groups?.code;
  if (status !== undefined) return `status ${status}`;
  if (/connection refused/.test(quote.text)) return 'connection refused: nothing listens on that port';
  if (/connection reset|EOF/.test(quote.text)) return 'the connection was closed';
  if (/service unhealthy|NOT_SERVING|responded with/i.test(quote.text))
    return 'the service answers that it is not serving';
  if (/no route to host|network is unreachable/.test(quote.text)) return 'no way to the pod';
  if (isTimeout(quote)) return 'no answer in time';
  return 'an error';
}

/** The container that an event names, e.g. `Container agent failed liveness probe`, as a word. */
export function containerIn(quote: Quote | undefined): string {
  return plain(/Container (?<name>[\w-]{1,63}) failed/.exec(quote?.text ?? '')?.groups?.name ?? '');
}
