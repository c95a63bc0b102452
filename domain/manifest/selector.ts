import type { FieldProblem } from '../document-error.ts';
import { at, describeValue, isPlainObject, listAt } from '../plain.ts';
import { didYouMean } from '../suggest.ts';

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
const templateLabels = 'spec.template.metadata.labels';

/** What is wrong with a DaemonSet's selector: missing, empty, or not matching the labels of its own pod template. */
export function selectorProblems(body: Record<string, unknown>): FieldProblem[] {
  const path = ['spec', 'selector'];
  const selector = at(body, ...path);
  if (!isPlainObject(selector)) {
    const message = `is missing; a DaemonSet needs one, such as matchLabels with labels of ${templateLabels}`;
    return [{ path, message }];
  }
  const wanted = isPlainObject(selector.matchLabels) ? selector.matchLabels : {};
  const expressions = listAt(selector, 'matchExpressions');
  if (Object.keys(wanted).length === 0 && expressions.length === 0) {
    return [{ path, message: `is empty; write matchLabels with labels of ${templateLabels}` }];
  }
  const found = at(body, 'spec', 'template', 'metadata', 'labels');
  const labels = isPlainObject(found) ? found : {};
  const problems: FieldProblem[] = [];
  for (const [key, value] of Object.entries(wanted)) {
    const label = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (label === value || typeof value !== 'string') continue;
    const message = `does not match the pod template: ${templateLabels} has ${show(key, label)}, the selector wants ${show(key, value)}`;
    problems.push({ path: [...path, 'matchLabels', key], message: `${message}; make the two the same` });
  }
  for (const [index, expression] of expressions.entries()) {
    const wrong = expressionProblem(expression, labels);
    if (wrong !== undefined)
      problems.push({ path: [...path, 'matchExpressions', index, ...wrong.path], message: wrong.message });
  }
  return problems;
}

function expressionProblem(expression: unknown, labels: Record<string, unknown>): FieldProblem | undefined {
  const key = at(expression, 'key');
  const operator = at(expression, 'operator');
  const values = listAt(expression, 'values');
  if (typeof key !== 'string' || key === '') return { path: ['key'], message: 'is missing; write the name of a label' };
  if (typeof operator !== 'string' || !operators.includes(operator)) {
    const hint = typeof operator === 'string' ? didYouMean(operator, operators) : '';
    return {
      path: ['operator'],
      message: `must be one of ${operators.join(', ')}, got ${describeValue(operator)}${hint}`,
    };
  }
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    return { path: ['values'], message: `is empty; ${operator} needs at least one value` };
  }
  const has = Object.hasOwn(labels, key);
  const matches = {
    In: has && values.includes(labels[key]),
    NotIn: !has || !values.includes(labels[key]),
    Exists: has,
    DoesNotExist: !has,
  }[operator];
  if (matches === true) return undefined;
  const rule = values.length === 0 ? `${key} ${operator}` : `${key} ${operator} (${values.join(', ')})`;
  const label = show(key, has ? labels[key] : undefined);
  return {
    path: [],
    message: `does not match the pod template: ${templateLabels} has ${label}, the selector wants ${rule}`,
  };
}

function show(key: string, value: unknown): string {
  return value === undefined || value === null ? `no ${key}` : `${key}: ${String(value)}`;
}
