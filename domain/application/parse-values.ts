import * as z from 'zod';
import { parseDuration } from '../duration.ts';
import { describeValue } from '../plain.ts';
import type { IntOrPercent } from '../rollout/policy.ts';
import { didYouMean } from '../suggest.ts';
import { repoPath } from './repo-path.ts';
import { repoProblem } from './repo-url.ts';

/** What a reader makes of a value: the value itself, or why not. */
type Read<T> = { value: T } | { refused: string };

/** A field of a document: `read` says what a value means; a missing one is refused with what was expected. */
export function field<T>(expected: string, read: (value: unknown) => Read<T> | undefined): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    const result = value === undefined ? { refused: `is missing; expected ${expected}` } : read(value);
    if (result !== undefined && 'value' in result) return result.value;
    const message = result?.refused ?? `expected ${expected}, got ${describeValue(value)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** A text for which `problem` finds nothing wrong. */
export function text(expected: string, problem: (value: string) => string | undefined): z.ZodType<string> {
  return field(expected, (value): Read<string> | undefined => {
    // YAML reads a version or a commit of digits as a number, which may no longer be what was written.
    if (typeof value === 'number') return { refused: `expected ${expected}, got a number; write it in quotes` };
    if (typeof value === 'boolean') return { refused: `expected ${expected}, got ${value}; write it in quotes` };
    if (typeof value !== 'string') return undefined;
    const refused = problem(value);
    return refused === undefined ? { value } : { refused };
  });
}

/** A name of lower-case letters, digits and dashes, as Kubernetes wants it (DNS-1123 label). */
export const label = text('a name such as node-agents', (value) =>
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)
    ? undefined
    : `expected at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit, got ${describeValue(value)}`,
);

/** Name of an entry of the worker's clusters file; part of workflow ids, so without ":" and "/". */
export const clusterName = text('the name of a cluster in the clusters file of the worker, such as prod', (value) =>
  /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(value)
    ? undefined
    : `expected at most 63 letters, digits, "-", "_" and ".", got ${describeValue(value)}`,
);

/** A key of a node label, such as topology.kubernetes.io/zone. */
export const labelKey = text('a node label such as topology.kubernetes.io/zone', (value) =>
  /^([a-z0-9][-a-z0-9.]{0,252}\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(value)
    ? undefined
    : `${describeValue(value)} is not the key of a label; expected one such as topology.kubernetes.io/zone`,
);

/** A short text for people. */
export const title = text('a name such as canary', (value) =>
  /^[^\p{Cc}]{1,63}$/u.test(value) && value.trim() === value
    ? undefined
    : `expected one line of at most 63 characters, got ${describeValue(value)}`,
);

/** Address of a repository, see `repoProblem`. */
export const repo = text('the address of a git repository', repoProblem);

/** A folder of the repository, see `repoPath`. */
export const path: z.ZodType<string> = field(
  'a folder of the repository such as clusters/prod',
  (value): Read<string> | undefined => {
    if (typeof value !== 'string') return undefined;
    const read = repoPath(value);
    return 'path' in read ? { value: read.path } : { refused: read.problem };
  },
);

/** `true` or `false`. */
export const flag = field('true or false', (value) => (typeof value === 'boolean' ? { value } : undefined));

/** Milliseconds from a duration between two bounds, both included. */
export function duration(leastMs: number, mostMs: number, bounds: string): z.ZodType<number> {
  return field('a duration such as 90s, 5m or 1h30m', (value): Read<number> | undefined => {
    const valueMs = value === 0 ? 0 : typeof value === 'string' ? parseDuration(value) : undefined;
    if (valueMs === undefined) return undefined;
    return valueMs < leastMs || valueMs > mostMs ? { refused: `must be ${bounds}, got ${value}` } : { value: valueMs };
  });
}

/** A whole number from `least` on. */
export function count(least: number): z.ZodType<number> {
  return field(`a whole number of at least ${least}`, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? { value } : undefined,
  );
}

/** A number of nodes of at least 1, or a percentage from 1% to 100%. */
export const nodes: z.ZodType<IntOrPercent> = intOrPercent(1);

/** The same from 0 on: how many nodes may fail or be set aside. */
export const nodesOrNone: z.ZodType<IntOrPercent> = intOrPercent(0);

function intOrPercent(least: 0 | 1): z.ZodType<IntOrPercent> {
  const expected = `a number of nodes from ${least} on, or a percentage from ${least}% to 100%`;
  return field(expected, (value): Read<IntOrPercent> | undefined => {
    if (typeof value === 'number') return Number.isSafeInteger(value) && value >= least ? { value } : undefined;
    if (typeof value !== 'string') return undefined;
    const percent = /^(\d{1,3})%$/.exec(value);
    if (percent === null) {
      return /^\d+$/.test(value)
        ? { refused: `${describeValue(value)} is a text; write ${value} or "${value}%"` }
        : undefined;
    }
    const share = Number(percent[1]);
    return share >= least && share <= 100 ? { value: `${share}%` } : undefined;
  });
}

/** One of a few words; `later` are words that are understood and cannot be used yet, with what to do instead. */
export function choice<const T extends string>(words: readonly T[], later: Record<string, string> = {}): z.ZodType<T> {
  const expected = words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`;
  return field(expected, (value): Read<T> | undefined => {
    const found = words.find((word) => word === value);
    if (found !== undefined) return { value: found };
    if (typeof value !== 'string') return undefined;
    const instead = Object.hasOwn(later, value) ? later[value] : undefined;
    if (instead !== undefined) return { refused: `${value} is not supported yet; ${instead}` };
    const hint = words.length === 1 ? '' : didYouMean(value, words);
    return { refused: `expected ${expected}, got ${describeValue(value)}${hint}` };
  });
}
