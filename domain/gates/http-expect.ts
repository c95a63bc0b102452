import * as z from 'zod';
import { mapping } from '../application/parse-mapping.ts';
import * as value from '../application/parse-values.ts';
import { maskCredentials } from '../mask-text.ts';
import { at, describeValue } from '../plain.ts';
import { condition, conditionOf, fulfils } from './condition.ts';
import { oneLine } from './text.ts';
import type { GateAnswer } from './types.ts';

/** What an answer has to be. All of it stays as the user wrote it. */
export type Expectation = { status: StatusSet; json?: JsonCondition };

/** `200`, `"200-299"`, or several of them. */
export type StatusSet = number | string | (number | string)[];

/** What a field of a JSON answer has to be. */
export type JsonCondition = { path: string; equals?: string | number | boolean; condition?: string };

/** How one answer is judged. `unanswered`: nobody was there to say anything. */
export type Judged = { outcome: 'success' | 'failure' | 'inconclusive' | 'error'; why: string; unanswered?: true };

const expectedStatus = 'a status such as 200, "200-299", or a list of them';
const pathForm = /^(?:[\w-]+|\[\d{1,6}\])(?:\.[\w-]+|\[\d{1,6}\])*$/;

/** Reads `status`; redirects are followed or refused where the request is made, so none can be expected. */
export const status: z.ZodType<StatusSet> = value.field<StatusSet>(expectedStatus, (given) => {
  const all = Array.isArray(given) ? given : [given];
  if (all.length === 0 || all.length > 20) return undefined;
  for (const one of all) {
    const range = rangeOf(one);
    if (range === undefined) return { refused: `expected ${expectedStatus}, got ${describeValue(one)}` };
    if (range[0] < 400 && range[1] >= 300) {
      return {
        refused: `${one} holds redirects, which are followed on the same host and refused elsewhere; write 200-299`,
      };
    }
  }
  return { value: given as StatusSet };
});

/** Reads `json`. */
export const json: z.ZodType<JsonCondition> = mapping('a mapping such as {path: status, equals: ok}', {
  path: value.text('a path such as status.checks[0].ok', (text) =>
    text.length <= 256 && pathForm.test(text)
      ? undefined
      : `expected a path such as status.checks[0].ok, got ${describeValue(text)}`,
  ),
  equals: z
    .union([z.string().max(256), z.number(), z.boolean()], { error: 'expected a text, a number, true or false' })
    .optional(),
  condition: condition.optional(),
}).superRefine((given, context) => {
  if ((given.equals === undefined) !== (given.condition === undefined)) return;
  context.addIssue({ code: 'custom', message: 'expected exactly one of equals and condition' });
});

/** Whether an answer is what was expected, and why not. */
export function judgeAnswer(expected: Expectation, answer: GateAnswer | undefined): Judged {
  if (answer?.form === 'problem') {
    return { outcome: 'error', why: answer.problem, ...(answer.unanswered === true ? { unanswered: true } : {}) };
  }
  if (answer?.form !== 'http') return { outcome: 'error', why: 'it was not asked' };
  const wanted = Array.isArray(expected.status) ? expected.status : [expected.status];
  const fits = wanted.some((one) => {
    const range = rangeOf(one);
    return range !== undefined && answer.status >= range[0] && answer.status <= range[1];
  });
  if (!fits) return { outcome: 'failure', why: `HTTP ${answer.status}, not ${wanted.join(' or ')}` };
  return expected.json === undefined
    ? { outcome: 'success', why: `HTTP ${answer.status}` }
    : judgeField(expected.json, answer);
}

function judgeField({ path, equals, condition: text }: JsonCondition, answer: GateAnswer & { form: 'http' }): Judged {
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    const html = /html/i.test(answer.contentType) || /^\s*<(!doctype|html)/i.test(answer.body);
    const what = html ? 'HTML' : answer.body.trim() === '' ? 'nothing' : `"${quote(answer.body)}"`;
    return { outcome: 'error', why: `answered ${what} instead of JSON (HTTP ${answer.status})` };
  }
  const found = at(body, ...stepsOf(path));
  if (found === undefined || found === null) return { outcome: 'inconclusive', why: `the answer has no ${path}` };
  const shown = quote(typeof found === 'object' ? JSON.stringify(found) : String(found));
  if (text === undefined) {
    return found === equals
      ? { outcome: 'success', why: `${path} is ${shown}` }
      : { outcome: 'failure', why: `${path} is ${shown}, not ${quote(String(equals))}` };
  }
  if (typeof found !== 'number') return { outcome: 'inconclusive', why: `${path} is ${shown}, which is no number` };
  return fulfils(found, conditionOf(text))
    ? { outcome: 'success', why: `${path} is ${shown}, as ${text} asks` }
    : { outcome: 'failure', why: `${path} is ${shown}, which does not fulfil ${text}` };
}

function rangeOf(one: unknown): [least: number, most: number] | undefined {
  const [, from, to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(one)) ?? [];
  if (from === undefined || !(typeof one === 'number' || typeof one === 'string')) return undefined;
  const [least, most] = [Number(from), Number(to)];
  return least <= most ? [least, most] : undefined;
}

function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|([\w-]+)/g)].map(([, index, key = '']) =>
    index === undefined ? key : Number(index),
  );
}

function quote(text: string): string {
  return oneLine(maskCredentials(text), 60);
}
