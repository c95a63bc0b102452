import * as value from '../application/parse-values.ts';
import { NodewaveError } from '../failures.ts';
import { describeValue } from '../plain.ts';

/** What a value has to be, e.g. `value < 0.05`. */
export type Condition = { comparison: Comparison; bound: number };

/** How a value is compared with the bound. */
export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

const form = /^value\s*(<=|>=|==|!=|<|>)\s*(\S+)$/;
const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const expected = 'a condition such as "value < 0.05" or "value >= 0.99"';

/** A condition as a field of a policy; it stays the text that it is, see `conditionOf`. */
export const condition = value.text(expected, (text) => {
  const read = parseCondition(text);
  return 'refused' in read ? read.refused : undefined;
});

/** What a text that `condition` has read means. Throws a Defect for one that it has not. */
export function conditionOf(text: string): Condition {
  const read = parseCondition(text);
  if ('value' in read) return read.value;
  throw new NodewaveError('Defect', read.refused);
}

/** Reads `value`, one comparison and one number. The refusal says what was expected. */
export function parseCondition(text: string): { value: Condition } | { refused: string } {
  const trimmed = text.trim();
  const [, comparison, bound = ''] = form.exec(trimmed) ?? [];
  if (comparison === undefined) return { refused: `expected ${expected}, got ${describeValue(text)}${hint(trimmed)}` };
  if (!number.test(bound) || !Number.isFinite(Number(bound))) {
    return { refused: `expected a number after ${comparison}, as in "value < 0.05", got ${describeValue(bound)}` };
  }
  return { value: { comparison: comparison as Comparison, bound: Number(bound) } };
}

/** Whether the value fulfils the condition; NaN fulfils none. */
export function fulfils(measured: number, { comparison, bound }: Condition): boolean {
  if (Number.isNaN(measured)) return false;
  switch (comparison) {
    case '<':
      return measured < bound;
    case '<=':
      return measured <= bound;
    case '>':
      return measured > bound;
    case '>=':
      return measured >= bound;
    case '==':
      return measured === bound;
    case '!=':
      return measured !== bound;
  }
}

function hint(text: string): string {
  if (/^result\b/.test(text)) return '; write value instead of result[0]';
  if (/&&|\|\||\b(and|or)\b/.test(text)) return '; only one comparison is possible: write two gates';
  if (/^value\s*=[^=]/.test(text)) return '; write == for equal';
  if (/^[-+.\d]/.test(text)) return '; write value first';
  return '';
}
