import { expect, test } from 'vitest';
import { describeError } from '../../../domain/document-error.ts';
import { parseManifests } from '../../../domain/manifest/parse.ts';

const one = (text: string, path = 'a.yaml'): ReturnType<typeof parseManifests> => parseManifests([{ path, text }]);
const bodies = (text: string, path?: string): unknown[] => one(text, path).objects.map((object) => object.body);
const errors = (text: string, path?: string): string[] => one(text, path).errors.map(describeError);

test('several documents, empty ones skipped, each with its line', () => {
  const { objects, errors: found } = one('# head\n---\nkind: A\n---\n# only a comment\n---\n---\nkind: B\n...\n');
  expect(found).toEqual([]);
  expect(objects.map(({ body, source }) => [body, source])).toEqual([
    [{ kind: 'A' }, { file: 'a.yaml', line: 3 }],
    [{ kind: 'B' }, { file: 'a.yaml', line: 8 }],
  ]);
  expect(one('').objects).toEqual([]);
});

test('JSON files, tabs included', () => {
  expect(bodies('{\n\t"kind": "A",\n\t"items": [1, 2.5, true, null, "x\\ty"]\n}', 'a.json')).toEqual([
    { kind: 'A', items: [1, 2.5, true, null, 'x\ty'] },
  ]);
  expect(errors('{"a": 1, "a": 2}', 'a.json')).toEqual([
    'a.json:1: a: the key is there twice, first on line 1; remove one of them',
  ]);
});

test('lists become their items, nested ones too', () => {
  const text =
    'apiVersion: v1\nkind: List\nitems:\n- kind: A\n- kind: ConfigMapList\n  items:\n  - kind: B\n    x: 1\n';
  const { objects } = one(text);
  expect(objects.map(({ body, source }) => [body.kind, source.line])).toEqual([
    ['A', 4],
    ['B', 7],
  ]);
  expect(objects[1]?.lineOf(['x'])).toBe(8);
});

test('scalars mean what they mean to kubectl', () => {
  const text =
    'mode: 0644\nenabled: yes\ntext: "on"\ntime: 12:30:45\nport: 80:53\nday: 2024-01-31\nbig: 1_000\nhex: 0x1F\nexp: 1e3\nnone: ~\n';
  expect(bodies(text)).toEqual([
    {
      mode: 420,
      enabled: true,
      text: 'on',
      time: '12:30:45',
      port: '80:53',
      day: '2024-01-31',
      big: 1000,
      hex: 31,
      exp: 1000,
      none: null,
    },
  ]);
});

test.each(['.', '+.', '.e5', 'e5', 'E12', '..', '0x', '12:30', '1.2.3', '0b2'])('%s is a text', (text) => {
  expect(bodies(`v: ${text}\n`)).toEqual([{ v: text }]);
});

test.each([
  ['1.', 1],
  ['.5', 0.5],
  ['+1', 1],
  ['-1.5e-3', -0.0015],
  ['1e3', 1000],
])('%s is a number', (text, value) => {
  expect(bodies(`v: ${text}\n`)).toEqual([{ v: value }]);
});

test('anchors, aliases and merge keys', () => {
  expect(bodies('a: &a {x: 1}\nb: *a\nc: {<<: *a, z: 2}\n')).toEqual([{ a: { x: 1 }, b: { x: 1 }, c: { x: 1, z: 2 } }]);
});

test.each([
  ['a: 1\na: 2\n', ['a.yaml:2: a: the key is there twice, first on line 1; remove one of them']],
  [
    'spec:\n  list:\n  - x: 1\n    "x": 2\n',
    ['a.yaml:4: spec.list[0].x: the key is there twice, first on line 3; remove one of them'],
  ],
  ['a:\n\tb: 1\n', ['a.yaml:2: not valid YAML: tabs are not allowed as indentation']],
  ['a: b: c\n', ['a.yaml:1: not valid YAML: nested mappings are not allowed in compact mappings']],
  ['a: "x\n', ['a.yaml:2: not valid YAML: missing closing "quote']],
  ['a: !vault x\n', ['a.yaml:1: unresolved tag: !vault; write the value without a tag']],
  [
    'a:\n- 9007199254740993\n',
    ['a.yaml:2: a[0]: the number 9007199254740993 cannot be kept exactly; write it in quotes if it is a text'],
  ],
  ['a: .inf\n', ['a.yaml:1: a: the number .inf cannot be kept exactly; write it in quotes if it is a text']],
  ['hello\n', ['a.yaml:1: expected a Kubernetes object with apiVersion, kind and metadata, got "hello"']],
  ['- kind: A\n', ['a.yaml:1: expected a Kubernetes object with apiVersion, kind and metadata, got a list']],
  ['kind: List\nitems:\n- 1\n', ['a.yaml:3: expected a Kubernetes object with apiVersion, kind and metadata, got 1']],
  ['a: {{ .Values.x }}\n', [': a key must be a text; a template with {{ }} has to be rendered first']],
  ['data:\n  on: x\n', ['a.yaml:2: data.on: the key is read as true in YAML 1.1; write it in quotes']],
])('%j', (text, expected) => {
  const found = errors(text);
  expect(found).toHaveLength(expected.length);
  for (const [index, sentence] of expected.entries()) expect(found[index]).toContain(sentence);
});

test('a document with an error does not hide the others', () => {
  const { objects, errors: found } = one('kind: A\n---\na: 1\na: 2\n---\nkind: B\n');
  expect(objects.map(({ body }) => body.kind)).toEqual(['A', 'B']);
  expect(found.map(({ line }) => line)).toEqual([4]);
});

test('aliases that multiply without bounds are refused', () => {
  const levels = Array.from(
    { length: 12 },
    (_, index) => `l${index + 1}: &l${index + 1} [${Array(10).fill(`*l${index}`).join(',')}]`,
  );
  expect(errors(`l0: &l0 [x]\n${levels.join('\n')}\n`)).toEqual([expect.stringContaining('a.yaml:1: cannot be read')]);
});

test('keys of Object.prototype are only keys', () => {
  const [body] = bodies('__proto__: {polluted: true}\nconstructor: x\n');
  expect(Object.keys(Object(body))).toEqual(['__proto__', 'constructor']);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});
