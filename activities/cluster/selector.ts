import type { DaemonSet } from './objects.ts';

/** The selector in the form that a list takes. */
export function labelSelectorOf(daemonSet: DaemonSet): string {
  const { matchLabels = {}, matchExpressions = [] } = daemonSet.spec.selector;
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = (matchExpressions as { key: string; operator: string; values?: string[] }[]).map((expression) => {
    const values = (expression.values ?? []).join(',');
    switch (expression.operator) {
      case 'In':
        return `${expression.key} in (${values})`;
      case 'NotIn':
        return `${expression.key} notin (${values})`;
      case 'DoesNotExist':
        return `!${expression.key}`;
      default:
        return expression.key;
    }
  });
  return [...equal, ...expressions].join(',');
}
