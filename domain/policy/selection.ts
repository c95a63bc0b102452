import * as z from 'zod';
import { list, mapping } from '../application/parse-mapping.ts';
import * as value from '../application/parse-values.ts';
import { describeValue } from '../plain.ts';
import type { NodeSelection } from '../rollout/policy.ts';

/** More names or conditions than anyone writes by hand. */
const mostEntries = 1_000;

const setOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;
const nodeOperators = [...setOperators, 'Gt', 'Lt'] as const;

/** The value of a label: at most 63 letters, digits, "-", "_" and ".", or nothing. */
export const labelValue = value.text('the value of a label', (text) =>
  /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/.test(text)
    ? undefined
    : `expected at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or digit, got ${describeValue(text)}`,
);

const nodeName = value.text('the name of a node', (text) =>
  /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text) ? undefined : `${describeValue(text)} is no name of a node`,
);

const daemonSetName = value.text('the name of a DaemonSet', (text) =>
  /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text)
    ? undefined
    : `expected NAME or NAMESPACE/NAME of a DaemonSet, got ${describeValue(text)}`,
);

const matchLabels = z
  .record(z.string(), labelValue, {
    error: (issue) => `expected a mapping of labels such as {pool: gpu}, got ${describeValue(issue.input)}`,
  })
  .superRefine((labels, context) => {
    for (const key of Object.keys(labels)) {
      const read = value.labelKey.safeParse(key);
      if (!read.success)
        context.addIssue({ code: 'custom', path: [key], message: read.error.issues[0]?.message ?? '' });
    }
    if (Object.keys(labels).length === 0) context.addIssue({ code: 'custom', message: 'is empty; expected a label' });
  });

function expressions<const T extends string>(operators: readonly T[]) {
  const expression = mapping('a mapping with key, operator and values', {
    key: value.labelKey,
    operator: value.choice(operators),
    values: list('a list of values', labelValue, mostEntries).optional(),
  }).superRefine(({ operator, values = [] }, context) => {
    const problem = valuesProblem(operator, values);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['values'], message: problem });
  });
  return list('a list such as [{key: pool, operator: In, values: [gpu]}]', expression, mostEntries, 1);
}

function valuesProblem(operator: string, values: readonly string[]): string | undefined {
  const found = values.length === 0 ? 'none' : `${values.length}`;
  if (operator === 'In' || operator === 'NotIn') {
    return values.length > 0 ? undefined : `${operator} needs at least one value`;
  }
  if (operator === 'Gt' || operator === 'Lt') {
    return values.length === 1 && /^\d{1,18}$/.test(values[0] ?? '')
      ? undefined
      : `${operator} needs exactly one whole number in quotes, got ${values.length === 1 ? describeValue(values[0]) : found}`;
  }
  return values.length === 0 ? undefined : `${operator} takes no values, got ${found}; remove them`;
}

function selection<const T extends string>(what: string, name: z.ZodType<string>, operators: readonly T[]) {
  return mapping(`${what} by names, matchLabels or matchExpressions`, {
    names: list('a list of names', name, mostEntries, 1).optional(),
    matchLabels: matchLabels.optional(),
    matchExpressions: expressions(operators).optional(),
  }).superRefine((given, context) => {
    const byLabel = given.matchLabels !== undefined || given.matchExpressions !== undefined;
    // A misspelt field is an error already.
    if (given.names === undefined && !byLabel && context.issues.length === 0) {
      const message = `selects nothing; expected ${what} by names, matchLabels or matchExpressions`;
      context.addIssue({ code: 'custom', message });
    } else if (given.names !== undefined && byLabel) {
      context.addIssue({
        code: 'custom',
        path: ['names'],
        message: 'cannot be together with labels; write one of them',
      });
    }
  });
}

/** Nodes by name, or by labels of which all must fit. Selecting nothing is an error: it is never what was meant. */
export const nodeSelection: z.ZodType<NodeSelection> = selection('nodes', nodeName, nodeOperators);

/** What a RolloutPolicy is for: DaemonSets by name, or by the labels that git gives them, of which all must fit. */
export interface DaemonSetSelector {
  /** `NAME` or `NAMESPACE/NAME`. */
  names?: string[];
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: (typeof setOperators)[number]; values?: string[] }[];
}

/** Reads `spec.selector` of a RolloutPolicy. */
export const daemonSetSelector: z.ZodType<DaemonSetSelector> = selection('DaemonSets', daemonSetName, setOperators);
