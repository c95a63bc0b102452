import * as z from 'zod';
import type { FieldProblem } from '../document-error.ts';
import { describeValue, isPlainObject } from '../plain.ts';
import { didYouMean } from '../suggest.ts';

/** A mapping of known fields. The message of an unknown one carries the known ones, for suggestions. */
export function mapping<T extends z.ZodRawShape>(what: string, shape: T) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return Object.keys(shape).join(' ');
      if (issue.input === undefined) return `is missing; expected ${what}`;
      return `expected ${what}, got ${describeValue(issue.input)}`;
    },
  });
}

/** A list whose items `item` reads, with at most `most` of them. */
export function list<T extends z.ZodType>(what: string, item: T, most: number, least = 0) {
  const shape = z.array(item, { error: (issue) => `expected ${what}, got ${describeValue(issue.input)}` });
  return shape.superRefine((items, context) => {
    if (items.length > most) {
      context.addIssue({ code: 'custom', message: `has ${items.length} entries; expected at most ${most}` });
    }
    if (items.length < least) context.addIssue({ code: 'custom', message: `is empty; expected ${what}` });
  });
}

/**
 * What a schema of `mapping`, `list` and `field` makes of a value, or all that is wrong with it.
 * @param keepNullsAt path to a mapping inside which a key without a value is something else than no key
 */
export function readSchema<T>(
  schema: z.ZodType<T>,
  value: unknown,
  keepNullsAt?: readonly string[],
): { value: T } | { problems: FieldProblem[] } {
  const result = schema.safeParse(withoutNulls(value, keepNullsAt));
  return result.success ? { value: result.data } : { problems: result.error.issues.flatMap(toProblems) };
}

function toProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  const known = issue.message.split(' ');
  return issue.keys.map((key) => {
    const hint = didYouMean(key, known);
    return {
      path: [...path, key],
      message: `unknown field${hint === '' ? `; expected one of ${known.join(', ')}` : hint}`,
    };
  });
}

/** A key without a value means the same as no key, as it does to Kubernetes. */
function withoutNulls(value: unknown, except?: readonly string[]): unknown {
  if (except?.length === 0) return value;
  if (Array.isArray(value)) return value.map((inner) => withoutNulls(inner));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  const below = (key: string) => (except?.[0] === key ? except.slice(1) : undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner, below(key))]));
}
