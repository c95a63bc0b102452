import { describe, expect, test } from 'vitest';
import { compare, type Rules } from '../../../domain/diff/compare.ts';
import { showPath } from '../../../domain/diff/path.ts';
import { sameQuantity } from '../../../domain/diff/quantity.ts';
import { builtInKinds } from '../../../domain/diff/value-kind.ts';

const lines = (before: unknown, after: unknown, rules: Rules = { kindOf: builtInKinds('DaemonSet') }) =>
  compare(before, after, rules).map(
    ({ path, before: a, after: b }) => `${showPath(path)}: ${JSON.stringify(a)} -> ${JSON.stringify(b)}`,
  );

describe('compare', () => {
  test.each([
    ['nothing', { a: 1, b: [1] }, { b: [1], a: 1 }, []],
    ['a value', { a: 1 }, { a: 2 }, ['a: 1 -> 2']],
    ['a field that came', {}, { a: { b: 1, c: 2 } }, ['a.b: undefined -> 1', 'a.c: undefined -> 2']],
    ['a field that went', { a: { b: 1 } }, {}, ['a.b: 1 -> undefined']],
    ['an empty map that came', { n: {} }, { n: { podSelector: {} } }, ['n.podSelector: undefined -> {}']],
    ['a map that became a value', { a: { b: 1 } }, { a: 5 }, ['a.b: 1 -> undefined', 'a: undefined -> 5']],
    ['a list of plain values, as one', { args: ['a', 'b'] }, { args: ['b'] }, ['args: ["a","b"] -> ["b"]']],
    ['no list and an empty one', { args: [] }, {}, []],
    ['keys that are no words', { labels: { 'a.b/c': 'x' } }, { labels: {} }, ['labels["a.b/c"]: "x" -> undefined']],
  ])('%s', (_, before, after, expected) => {
    expect(lines(before, after)).toEqual(expected);
  });

  test('containers and variables are told apart by name; another order is told once', () => {
    const before = {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '1', env: [{ name: 'X', value: '1' }] },
      ],
    };
    const after = {
      containers: [
        {
          name: 'b',
          image: '2',
          env: [
            { name: 'Y', value: '2' },
            { name: 'X', value: '1' },
          ],
        },
        { name: 'a', image: '1' },
      ],
    };
    expect(lines(before, after)).toEqual([
      'containers[name=b].image: "1" -> "2"',
      'containers[name=b].env[name=Y].value: undefined -> "2"',
      'containers: ["name=a","name=b"] -> ["name=b","name=a"]',
    ]);
  });

  test('a port is told apart by number and protocol, TCP when there is none', () => {
    const before = { ports: [{ containerPort: 53, protocol: 'TCP' }] };
    const after = { ports: [{ containerPort: 53 }, { containerPort: 53, protocol: 'UDP', name: 'dns' }] };
    expect(lines(before, after)).toEqual([
      'ports[containerPort=53,protocol=TCP].protocol: "TCP" -> undefined',
      'ports[containerPort=53,protocol=UDP].name: undefined -> "dns"',
    ]);
  });

  test('an item that has nothing but its keys is still seen', () => {
    expect(lines({ imagePullSecrets: [] }, { imagePullSecrets: [{ name: 'pull' }] })).toEqual([
      'imagePullSecrets[name=pull].name: undefined -> "pull"',
    ]);
  });

  test('items that share their keys are compared by position', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ];
    expect(lines({ env }, { env: [env[0]] })).toEqual([
      'env[1].name: "A" -> undefined',
      'env[1].value: "2" -> undefined',
    ]);
  });

  test('quantities are compared by amount where fields are quantities, and only there', () => {
    const limits = (cpu: unknown, memory: unknown) => ({ resources: { limits: { cpu, memory } } });
    expect(lines(limits('1000m', '1Gi'), limits(1, '1024Mi'))).toEqual([]);
    expect(lines(limits('1000m', '1G'), limits('1', '1Gi'))).toEqual(['resources.limits.memory: "1G" -> "1Gi"']);
    expect(lines({ data: { cpu: '1000m' } }, { data: { cpu: '1' } })).toEqual(['data.cpu: "1000m" -> "1"']);
  });
});

describe('sameQuantity', () => {
  test.each([
    ['1', '1000m', true],
    ['1e3', '1k', true],
    ['0.5', '500m', true],
    ['1.5Gi', '1536Mi', true],
    ['100n', '0.1u', true],
    ['1Ei', '1152921504606846976', true],
    ['9007199254740993', '9007199254740992', false],
    ['1M', '1Mi', false],
    ['-1', '1', false],
    ['abc', 'abc', false],
    ['', '0', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(sameQuantity(a, b)).toBe(expected);
  });
});
