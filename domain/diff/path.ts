/**
 * One step into an object: a field, a list index, or the keys that tell an item of a keyed list from its siblings, e.g.
 * `{name: 'agent'}`.
 */
export type Step = string | number | Record<string, unknown>;

/** Where a field is. */
export type Path = readonly Step[];

/** `spec.template.spec.containers[name=agent].image`; keys that are no plain words are quoted. */
export function showPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (typeof step === 'object') text += `[${showStep(step)}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** `name=agent`; several keys with a comma. */
export function showStep(step: Record<string, unknown>): string {
  return Object.entries(step)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');
}

/** Whether the path starts with these fields. */
export function startsWith(path: Path, ...fields: string[]): boolean {
  return fields.every((field, index) => path[index] === field);
}
