import { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';

/** A field that git and the cluster state differently, as an expression sees it. */
export interface CelField {
  kind: string;
  name: string;
  /** As `nodewave diff` shows it. */
  path: string;
  live: unknown;
  git: unknown;
  /** Field managers that own it on the cluster. */
  managers: string[];
}

const longestExpression = 1_000;
const longestValue = 10_000;

const environment = new Environment({ limits: { maxAstNodes: 200, maxDepth: 20 } })
  .registerVariable('kind', 'string')
  .registerVariable('name', 'string')
  .registerVariable('path', 'string')
  .registerVariable('live', 'dyn')
  .registerVariable('git', 'dyn')
  .registerVariable('managers', 'list<string>')
  .registerFunction('string.matchesRe2(string): bool', (text: string, pattern: string) =>
    RE2JS.compile(pattern).matcher(text).find(),
  );

/** Why an expression cannot be used; undefined when it can. */
export function celProblem(expression: string): string | undefined {
  if (expression.length > longestExpression) return `is longer than ${longestExpression} characters`;
  // The library runs it on JavaScript's engine, where a pattern can take years.
  if (/\bmatches\s*\(/.test(expression))
    return 'matches is not known here; write matchesRe2, which takes the same patterns';
  const { valid, type, error } = environment.check(expression);
  if (valid && String(type) === 'bool') return undefined;
  if (valid) return `is ${String(type)}, not true or false`;
  const said = (error?.message ?? 'cannot be read').split('\n')[0] ?? '';
  const known = 'kind, name, path, git, live, managers';
  return `${said}${said.startsWith('Unknown variable') ? `; known are ${known}` : ''}`;
}

const compiled = new Map<string, ReturnType<typeof environment.parse>>();
const mostCompiled = 1_000;

/** Whether an expression is true for the field. One that fails on a value, such as a comparison with nothing, is not. */
export function matchesCel(expression: string, field: CelField): boolean {
  try {
    const evaluate = compiled.get(expression) ?? environment.parse(expression);
    if (compiled.size < mostCompiled) compiled.set(expression, evaluate);
    return evaluate({ ...field, live: bounded(field.live), git: bounded(field.git) }) === true;
  } catch {
    return false;
  }
}

function bounded(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'string' ? value.slice(0, longestValue) : value;
}
