import * as z from 'zod';
import { list, mapping } from '../application/parse-mapping.ts';
import * as value from '../application/parse-values.ts';
import { annotationPrefix } from '../ids.ts';
import { at, describeValue, isPlainObject } from '../plain.ts';
import { excludeLabel } from '../rollout/hooks.ts';
import type { NodeHook } from '../rollout/policy.ts';
import { didYouMean } from '../suggest.ts';
import { podTemplate } from './pod-template.ts';
import { labelValue } from './selection.ts';

const mostHooks = 10;
const defaultWithinMs = 10 * 60_000;
const kinds = ['label', 'annotate', 'cordon', 'excludeFromLoadBalancers', 'settle', 'job'] as const;

const key = value.labelKey.refine((text) => !text.startsWith(annotationPrefix), {
  error: `is one of Nodewave's own; use a key with another prefix than ${annotationPrefix}`,
});

const annotationText = value.text('a text', (text) =>
  text.length <= 1_024 ? undefined : `has ${text.length} characters; expected at most 1024`,
);

const hook = z.discriminatedUnion(
  'kind',
  [
    mapping('a mapping', { kind: z.literal('label'), key, value: labelValue }),
    mapping('a mapping', { kind: z.literal('annotate'), key, value: annotationText }),
    mapping('a mapping', { kind: z.literal('cordon') }),
    mapping('a mapping', { kind: z.literal('excludeFromLoadBalancers') }),
    mapping('a mapping', {
      kind: z.literal('settle'),
      for: value.duration(1_000, 3_600_000, 'between 1s and 1h'),
    }).transform(({ kind, for: settleMs }) => ({ kind, settleMs })),
    mapping('a mapping', {
      kind: z.literal('job'),
      when: value.choice(['beforeDelete', 'afterAvailable']),
      template: podTemplate,
      within: value.duration(1_000, 24 * 3_600_000, 'between 1s and 24h').default(defaultWithinMs),
    }).transform(({ within, ...job }) => ({ ...job, withinMs: within })),
  ],
  {
    error: ({ input }) => {
      if (!isPlainObject(input)) return `expected a mapping such as {kind: cordon}, got ${describeValue(input)}`;
      const kind = at(input, 'kind');
      const hint = typeof kind === 'string' ? didYouMean(kind, kinds) : '';
      return `expected one of ${kinds.join(', ')}, got ${describeValue(kind)}${hint}`;
    },
  },
);

/** What is done to each node before its pod is deleted, in this order. */
export const hooks: z.ZodType<NodeHook[]> = list('a list such as [{kind: cordon}]', hook, mostHooks).superRefine(
  (given, context) => {
    const seen = new Set<string>();
    for (const [index, one] of given.entries()) {
      const what = changed(one);
      if (what === null) continue;
      const message = `changes ${what} again; what is undone would depend on their order`;
      if (seen.has(what)) context.addIssue({ code: 'custom', path: [index], message });
      seen.add(what);
    }
  },
);

function changed(given: NodeHook): string | null {
  switch (given.kind) {
    case 'label':
      return `label ${given.key}`;
    case 'annotate':
      return `annotation ${given.key}`;
    case 'excludeFromLoadBalancers':
      return `label ${excludeLabel}`;
    case 'cordon':
      return 'the cordon';
    case 'settle':
    case 'job':
      return null;
  }
}
