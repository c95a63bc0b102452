import type { VariantFigures } from './run.ts';
import type { Variant } from './variants.ts';

/** Native seconds over Nodewave's, two decimals; null without a native side. */
export function ratioOf({ nativeSeconds, nodewaveSeconds }: VariantFigures): number | null {
  return nativeSeconds === null ? null : Math.round((nodewaveSeconds / nativeSeconds) * 100) / 100;
}

/** A sentence for each limit that is broken. */
export function broken({ limits }: Variant, figures: VariantFigures): string[] {
  const ratio = ratioOf(figures);
  const sentences: string[] = [];
  if (ratio !== null && limits.ratio !== undefined && ratio > limits.ratio) {
    sentences.push(`${ratio} of native, at most ${limits.ratio} is allowed`);
  }
  if (figures.historyEvents > limits.historyEvents) {
    sentences.push(`${figures.historyEvents} history events, at most ${limits.historyEvents} are allowed`);
  }
  if (figures.workerRssMb > limits.workerMb) {
    sentences.push(`${figures.workerRssMb} MB of worker memory, at most ${limits.workerMb} are allowed`);
  }
  return sentences;
}

/** A variant's table for people, and with `json` the figures as a line of JSON. */
export function report(variant: Variant, figures: VariantFigures, json: boolean): string {
  const { name, about, nodes, inFlight, limits } = variant;
  const { nativeSeconds, nodewaveSeconds, historyEvents, workerRssMb, apiRequests } = figures;
  const ratio = ratioOf(figures);
  const requests = Object.entries(apiRequests)
    .sort(([, a], [, b]) => b - a)
    .map(([verb, count]) => `${verb} ${count}`)
    .join(', ');
  const faults = broken(variant, figures);
  const rows: [string, string][] = [
    ['variant', `${name}: ${about}`],
    ['nodes, in flight', `${nodes}, ${inFlight}`],
    ...(nativeSeconds === null ? [] : ([['native RollingUpdate', `${nativeSeconds} s`]] as [string, string][])),
    ['Nodewave', `${nodewaveSeconds} s`],
    ...(ratio === null ? [] : ([['ratio', `${ratio} of native (limit ${limits.ratio})`]] as [string, string][])),
    ['API requests', requests],
    ['history events', `${historyEvents} (limit ${limits.historyEvents})`],
    ['worker memory', `${workerRssMb} MB at most (limit ${limits.workerMb})`],
    ['verdict', faults.length === 0 ? 'within its limits' : `BROKEN: ${faults.join('; ')}`],
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  const table = rows.map(([title, value]) => `${title.padEnd(width)}  ${value}`).join('\n');
  const line = JSON.stringify({ variant: name, nodes, inFlight, ratio, limits, ...figures, broken: faults });
  return json ? `${table}\n${line}\n\n` : `${table}\n\n`;
}
