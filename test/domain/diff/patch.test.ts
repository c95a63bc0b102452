import { describe, expect, test } from 'vitest';
import { maskedObjects } from '../../../domain/diff/mask-object.ts';
import { overlay } from '../../../domain/diff/overlay.ts';
import { yamlPatch } from '../../../domain/diff/patch.ts';

type Json = Record<string, unknown>;

describe('two states of an object as YAML', () => {
  test('differ by lines, with lines around them, whatever the order of their fields', () => {
    const before = { kind: 'ConfigMap', data: { b: '2', a: '1' }, apiVersion: 'v1' };
    const after = { apiVersion: 'v1', data: { a: '1', b: '3' }, kind: 'ConfigMap' };
    const shown = maskedObjects({ kind: 'ConfigMap' }, before, after);
    expect(yamlPatch(shown.before, shown.after)).toBe(
      '@@ -2,4 +2,4 @@\n kind: ConfigMap\n data:\n   a: "1"\n-  b: "2"\n+  b: "3"\n',
    );
  });

  test('a new object is all added', () => {
    const shown = maskedObjects({ kind: 'Secret' }, null, { kind: 'Secret', data: { a: 'QQ==' } });
    expect(yamlPatch(shown.before, shown.after)).toBe('@@ -0,0 +1,3 @@\n+kind: Secret\n+data:\n+  a: (secret)\n');
  });

  test('nothing in a value steers a terminal', () => {
    const of = (note: string): Json => ({ data: { note } });
    const patch = yamlPatch(of('x'), of('\u001b[31m\u202Ered'));
    for (const char of ['\u001b', '\u202e']) expect(patch).not.toContain(char);
  });

  test('a big value is cut, and so is a long diff', () => {
    const of = (text: string): Json => ({
      data: Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`k${i}`, text])),
    });
    const patch = yamlPatch(of('x'.repeat(1_000)), of('y'.repeat(1_000)));
    expect(patch.length).toBeLessThan(17_000);
    expect(patch).toMatch(/more place(s differ| differs)\)\n$/);
    const [, line = ''] = yamlPatch({ a: 'x'.repeat(5_000) }, { a: 'y' }).split('\n');
    expect(line).toHaveLength(300);
  });
});

describe('masking whole objects', () => {
  const env = (value: string) => ({
    env: [
      { name: 'LEVEL', value: 'info' },
      { name: 'API_TOKEN', value },
    ],
  });

  test('says of an unchanged secret that there is one, of a changed one that it has changed', () => {
    expect(maskedObjects({ kind: 'Pod' }, env('old'), env('new'))).toEqual({
      before: env('(masked)'),
      after: env('(masked, changed)'),
    });
    expect(maskedObjects({ kind: 'Pod' }, env('old'), env('old')).after).toEqual(env('(masked)'));
  });

  test('finds an item by its name, wherever in the list it stood', () => {
    const moved = { env: [...env('old').env].reverse() };
    expect(maskedObjects({ kind: 'Pod' }, env('old'), moved).after).toEqual({
      env: [
        { name: 'API_TOKEN', value: '(masked)' },
        { name: 'LEVEL', value: 'info' },
      ],
    });
  });
});

test("git's object over the live one: lists by their keys, what git does not state stays", () => {
  const live = { spec: { type: 'x', ports: [{ port: 80, name: 'a' }, { port: 81 }] } };
  const git = { spec: { type: null, ports: [{ port: 80, name: 'b' }], args: ['1'] } };
  expect(overlay(live, git)).toEqual({
    spec: { type: 'x', ports: [{ port: 80, name: 'b' }, { port: 81 }], args: ['1'] },
  });
});
