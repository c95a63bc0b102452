import { maskCredentials } from '../../mask-text.ts';
import { at, isPlainObject, listAt } from '../../plain.ts';
import { oneLine } from '../text.ts';
import type { GateAnswer } from '../types.ts';

/** More series than anyone judges one by one. */
export const mostSeries = 10_000;

/** One value of an instant query. */
export interface Series {
  labels: Record<string, string>;
  /** NaN and both infinities included. */
  value: number;
}

/** What Prometheus said; `problem` says in a sentence why nothing can be read from it. */
export type Queried = { series: Series[]; warnings: string[] } | { problem: string };

/**
 * Reads the answer of `/api/v1/query`. A scalar is one series without labels. Range vectors, strings and native histograms
 * are no values to compare, and are problems, as is everything that is not the JSON of Prometheus.
 */
export function readAnswer(answer: GateAnswer | undefined): Queried {
  if (answer?.form === 'problem') return { problem: answer.problem };
  if (answer?.form !== 'http') return { problem: 'the query was not asked' };
  const { status, body, contentType } = answer;
  if (status === 401 || status === 403) {
    return { problem: `Prometheus refuses the credentials (HTTP ${status}); check auth and the Secret it names` };
  }
  const said = parse(body);
  if (said === undefined) return { problem: notPrometheus(status, contentType, body) };
  if (at(said, 'status') === 'error') {
    const what = `${at(said, 'errorType') ?? 'error'}: ${at(said, 'error') ?? 'no reason given'}`;
    const who = status === 400 ? 'Prometheus cannot read the query' : 'Prometheus could not answer';
    return { problem: quote(`${who} (HTTP ${status}), ${what}`) };
  }
  if (status !== 200 || at(said, 'status') !== 'success') return { problem: notPrometheus(status, contentType, body) };
  const read = readResult(at(said, 'data', 'resultType'), said);
  const warnings = listAt(said, 'warnings').filter((one) => typeof one === 'string');
  return 'problem' in read ? read : { ...read, warnings: warnings.map((one) => quote(one)) };
}

function readResult(type: unknown, said: unknown): { series: Series[] } | { problem: string } {
  if (type === 'scalar') {
    const value = numberOf(at(said, 'data', 'result', 1));
    return value === undefined
      ? { problem: 'Prometheus answered a scalar without a value' }
      : { series: [{ labels: {}, value }] };
  }
  if (type === 'matrix') {
    return {
      problem: 'the query gives a range of values; take the [..] away, or use a function such as rate(...[5m])',
    };
  }
  if (type !== 'vector') return { problem: `the query gives a ${quote(String(type))}; expected numbers` };
  const result = listAt(said, 'data', 'result');
  if (result.length > mostSeries) {
    return { problem: `the query gives more than ${mostSeries} series; aggregate it, e.g. with sum by (node)` };
  }
  const series: Series[] = [];
  for (const one of result) {
    const value = numberOf(at(one, 'value', 1));
    if (at(one, 'histogram') !== undefined) {
      return { problem: 'the query gives native histograms; use a function such as histogram_quantile' };
    }
    if (value === undefined) return { problem: 'Prometheus answered a series without a value' };
    series.push({ labels: labelsOf(at(one, 'metric')), value });
  }
  return { series };
}

/** The spelling of Go: `NaN`, `+Inf`, `-Inf`, `1e+06`. */
function numberOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  if (text === 'NaN') return Number.NaN;
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}

function labelsOf(metric: unknown): Record<string, string> {
  if (!isPlainObject(metric)) return {};
  return Object.fromEntries(
    Object.entries(metric).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function parse(body: string): unknown {
  try {
    const said: unknown = JSON.parse(body);
    return isPlainObject(said) ? said : undefined;
  } catch {
    return undefined;
  }
}

function notPrometheus(status: number, contentType: string, body: string): string {
  if (/html/i.test(contentType) || /^\s*<(!doctype|html)/i.test(body)) {
    return `answered HTML instead of JSON (HTTP ${status}); is it the address of a Prometheus, or of a login page or proxy before it?`;
  }
  const shown = body.trim() === '' ? 'an empty answer' : `"${quote(body, 80)}"`;
  return `did not answer as Prometheus does (HTTP ${status}): ${shown}; check the address`;
}

function quote(text: string, most = 200): string {
  return oneLine(maskCredentials(text), most);
}
