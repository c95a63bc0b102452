import type { FieldPath, FieldProblem } from '../document-error.ts';
import { at, describeValue, isPlainObject } from '../plain.ts';

const everywhere: readonly FieldPath[] = [
  ['metadata', 'labels'],
  ['metadata', 'annotations'],
];
const byKind: Record<string, readonly FieldPath[]> = {
  ConfigMap: [['data']],
  Secret: [['data'], ['stringData']],
  DaemonSet: [
    ['spec', 'selector', 'matchLabels'],
    ['spec', 'template', 'metadata', 'labels'],
    ['spec', 'template', 'metadata', 'annotations'],
    ['spec', 'template', 'spec', 'nodeSelector'],
  ],
};

/**
 * Values that must be texts and were read as something else, such as `version: 1.10` or `enabled: yes` without quotes.
 * The API server refuses them too, but without a place, and shows the number that YAML made of them.
 */
export function textMapProblems(kind: string, body: Record<string, unknown>): FieldProblem[] {
  const paths = [...everywhere, ...(Object.hasOwn(byKind, kind) ? (byKind[kind] ?? []) : [])];
  return paths.flatMap((path) => {
    const map = at(body, ...path);
    if (!isPlainObject(map)) return [];
    const wrong = Object.entries(map).filter(([, value]) => typeof value !== 'string' && value !== null);
    return wrong.map(([key, value]) => {
      const cure = typeof value === 'object' ? '' : '; write it in quotes';
      // A value of a Secret stays unsaid even when it is not one.
      const got = kind === 'Secret' ? '' : `, got ${describeValue(value)}`;
      return { path: [...path, key], message: `must be a text${got}${cure}` };
    });
  });
}
