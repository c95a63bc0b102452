import type * as z from 'zod';
import * as value from '../application/parse-values.ts';
import { isPlainObject, listAt } from '../plain.ts';

/** The template enters workflow history with the policy. */
const mostTemplateBytes = 8 * 1024;

/** The pod template of a Job that a policy runs, such as `{spec: {containers: [...]}}`, at most 8 KiB as JSON. */
export const podTemplate: z.ZodType<Record<string, unknown>> = value.field<Record<string, unknown>>(
  'a pod template with spec',
  (given) => {
    if (!isPlainObject(given)) return undefined;
    if (listAt(given, 'spec', 'containers').length === 0) {
      return { refused: 'has no spec.containers; expected a pod template such as {spec: {containers: [...]}}' };
    }
    const bytes = new TextEncoder().encode(JSON.stringify(given)).length;
    if (bytes <= mostTemplateBytes) return { value: given };
    return {
      refused: `is ${bytes} bytes as JSON; expected at most ${mostTemplateBytes}: put scripts into a ConfigMap`,
    };
  },
);
