import { describe, expect, test } from 'vitest';
import { fieldChanges } from '../../../domain/diff/change.ts';
import { compare } from '../../../domain/diff/compare.ts';
import { listKeysOf } from '../../../domain/diff/list-keys.ts';
import { secretValues } from '../../../domain/diff/secret-values.ts';
import { isStated, statedDifferences, valueAt } from '../../../domain/diff/stated.ts';
import { sameValue } from '../../../domain/diff/value-kind.ts';

type Json = Record<string, unknown>;

const podSpec = (container: Json, pod: Json = {}): Json => ({
  kind: 'DaemonSet',
  spec: { template: { spec: { ...pod, containers: [{ name: 'agent', ...container }] } } },
});
const widget = (spec: Json): Json => ({ kind: 'Widget', metadata: {}, spec });
const stated = (git: Json, cluster: Json): string[] =>
  statedDifferences(git, cluster).map(({ before, after }) => `${JSON.stringify(before)} -> ${JSON.stringify(after)}`);

describe('what git states and what the API server makes of it are the same', () => {
  test.each<[string, Json, Json]>([
    [
      'cpu 1000m and 1',
      podSpec({ resources: { limits: { cpu: '1000m' } } }),
      podSpec({ resources: { limits: { cpu: '1' } } }),
    ],
    [
      'memory 1Gi and 1024Mi',
      podSpec({ resources: { limits: { memory: '1Gi' } } }),
      podSpec({ resources: { limits: { memory: '1024Mi' } } }),
    ],
    [
      'cpu as a number',
      podSpec({ resources: { limits: { cpu: 1 } } }),
      podSpec({ resources: { limits: { cpu: '1' } } }),
    ],
    [
      'defaulted fields',
      podSpec({ image: 'a:1' }),
      podSpec({ image: 'a:1', imagePullPolicy: 'IfNotPresent', resources: {} }, { dnsPolicy: 'ClusterFirst' }),
    ],
    [
      'a port without a protocol',
      podSpec({ ports: [{ containerPort: 80 }] }),
      podSpec({ ports: [{ containerPort: 80, protocol: 'TCP' }] }),
    ],
    [
      'variables in another order',
      podSpec({ env: [{ name: 'A', value: '1' }, { name: 'B' }] }),
      podSpec({ env: [{ name: 'B' }, { name: 'A', value: '1' }] }),
    ],
    ['an empty variable', podSpec({ env: [{ name: 'A', value: '' }] }), podSpec({ env: [{ name: 'A' }] })],
    ['an empty map and none', { metadata: { labels: {} } }, { metadata: {} }],
    ['null and nothing', podSpec({ args: null }, { nodeSelector: null }), podSpec({})],
    ['false, 0 and nothing', podSpec({ stdin: false }, { hostNetwork: false, priority: 0 }), podSpec({})],
    ['a duration', widget({ timeout: '60s' }), widget({ timeout: '1m0s' })],
    ['int-or-string', widget({ port: 8080 }), widget({ port: '8080' })],
    [
      'stringData and data',
      { kind: 'Secret', stringData: { a: 'pässword' } },
      { kind: 'Secret', data: { a: 'cMOkc3N3b3Jk' } },
    ],
    ['base64 in lines', { kind: 'Secret', data: { a: 'cGFz\nc3dk\n' } }, { kind: 'Secret', data: { a: 'cGFzc3dk' } }],
    ['status and creationTimestamp', { metadata: { creationTimestamp: null }, status: { a: 1 } }, { metadata: {} }],
  ])('%s', (_, git, cluster) => {
    expect(stated(git, cluster)).toEqual([]);
  });

  test.each<[string, Json, Json, string]>([
    [
      'a label that looks like an amount',
      { metadata: { labels: { storage: '1000m' } } },
      { metadata: { labels: { storage: '1' } } },
      '"1" -> "1000m"',
    ],
    [
      'an entry of a ConfigMap',
      { kind: 'ConfigMap', data: { timeout: '60s' } },
      { kind: 'ConfigMap', data: { timeout: '1m' } },
      '"1m" -> "60s"',
    ],
    [
      'a variable',
      podSpec({ env: [{ name: 'LIMIT', value: '1Gi' }] }),
      podSpec({ env: [{ name: 'LIMIT', value: '1024Mi' }] }),
      '"1024Mi" -> "1Gi"',
    ],
    ['a limit', podSpec({ resources: { limits: { cpu: '1' } } }), podSpec({}), 'undefined -> "1"'],
  ])('%s is not', (_, git, cluster, difference) => {
    expect(stated(git, cluster)).toEqual([difference]);
  });
});

test.each([
  ['quantity', '1000m', '1', true],
  ['duration', '90m', '1h30m', true],
  ['duration', '1.5h', '5400s', true],
  ['duration', '1d', '24h', false],
  ['duration', '', '0', false],
  ['intOrString', 80, '80', true],
  ['intOrString', 80, 'http', false],
  ['base64', 'QQ==\n', 'QQ==', true],
  ['plain', '1', 1, false],
] as const)('%s: %j and %j: %j', (kind, a, b, same) => {
  expect(sameValue(kind, a, b)).toBe(same);
});

describe('lists', () => {
  const fieldsV1 = { 'f:spec': { 'f:rules': { 'k:{"host":"a","port":1}': { 'f:x': {} } } } };
  const entry = { manager: 'm', operation: 'Apply' as const, apiVersion: 'x.io/v1', fieldsV1 };

  test('of a custom kind have the keys that the API server keeps them by', () => {
    const rules = { listKeys: listKeysOf([entry]) };
    const [a, b] = [
      { host: 'a', port: 1, x: 1 },
      { host: 'b', port: 1, x: 1 },
    ];
    expect(compare({ spec: { rules: [a, b] } }, { spec: { rules: [a, { ...b, x: 2 }] } }, rules)).toMatchObject([
      { path: ['spec', 'rules', { host: 'b', port: 1 }, 'x'] },
    ]);
  });

  test.each(['constructor', '__proto__', 'toString'])('named %s are lists like any other', (name) => {
    const of = (x: number): Json => JSON.parse(`{"${name}": [{"x": ${x}}]}`) as Json;
    expect(compare(of(1), of(2))).toMatchObject([{ path: [name, 0, 'x'], before: 1, after: 2 }]);
  });

  test('another order of variables restarts pods, and is told as what it is', () => {
    const live = podSpec({ env: [{ name: 'A' }, { name: 'B' }] });
    const desired = podSpec({ env: [{ name: 'B' }, { name: 'A' }] });
    expect(fieldChanges({ apiVersion: 'apps/v1', kind: 'DaemonSet', live, desired })).toEqual([
      {
        path: 'spec.template.spec.containers[name=agent].env',
        before: 'order name=A, name=B',
        after: 'order name=B, name=A',
        class: 'restartsPods',
      },
    ]);
  });
});

test('another writing of an amount is a change in a pod template only: its hash is another one', () => {
  const of = (cpu: string): Json => podSpec({ resources: { limits: { cpu } } });
  const changes = (apiVersion: string, kind: string) =>
    fieldChanges({ apiVersion, kind, live: of('1000m'), desired: of('1') }).map((change) => change.class);
  expect(changes('apps/v1', 'DaemonSet')).toEqual(['restartsPods']);
  expect(changes('v1', 'PodTemplate')).toEqual([]);
});

describe('kinds that are not built in', () => {
  const changes = (live: unknown, desired: unknown, kindOf?: () => 'quantity') =>
    fieldChanges({
      apiVersion: 'x.io/v1',
      kind: 'Widget',
      live: widget({ limits: { cpu: live } }),
      desired: widget({ limits: { cpu: desired } }),
      ...(kindOf === undefined ? {} : { kindOf }),
    });

  test('say by their schema what is an amount; without one every writing is a value', () => {
    expect(changes('1000m', '1', () => 'quantity')).toEqual([]);
    expect(changes('1000m', '1')).toHaveLength(1);
  });

  test('may tell an empty list from none', () => {
    expect(changes([], undefined)).toHaveLength(1);
  });
});

describe('who set what git does not state', () => {
  const setBy = (live: Json, desired: Json, git: Json) =>
    fieldChanges({ apiVersion: 'apps/v1', kind: 'DaemonSet', live, desired, stated: git }).map(
      (change) => change.setBy,
    );

  test.each<[string, Json, Json, string | undefined]>([
    ['what git states', { image: 'a:2' }, { image: 'a:2' }, undefined],
    ['a default', { ports: [{ containerPort: 1, protocol: 'TCP' }] }, { ports: [{ containerPort: 1 }] }, 'default'],
    ['a sidecar of a webhook', { volumeMounts: [{ mountPath: '/x', name: 'x' }] }, {}, 'admission'],
    ['what git has dropped', {}, {}, undefined],
  ])('%s', (_, desired, git, setter) => {
    const live = podSpec({ image: 'a:1', tty: true });
    const found = setBy(live, podSpec({ image: 'a:1', ...desired }), podSpec({ image: 'a:1', ...git }));
    expect(setter === undefined ? found.filter((one) => one !== undefined) : found).toEqual(
      setter === undefined ? [] : expect.arrayContaining([setter]),
    );
  });

  test('a label', () => {
    const metadata = { labels: { team: 'policy' } };
    expect(setBy({ metadata: {} }, { metadata }, { metadata: {} })).toEqual(['admission']);
    expect(isStated({ metadata }, ['metadata', 'labels', 'team'])).toBe(true);
  });
});

describe('copies of a Secret', () => {
  const data = { any: 'aHVudGVyMg==' };
  const secrets = secretValues([{ apiVersion: 'v1', kind: 'Secret', data }]);

  test.each([
    ['decoded, in a variable', 'postgres hunter2'],
    ['in base64, in an annotation', 'x aHVudGVyMg== y'],
  ])('are masked %s', (_, text) => {
    const live = { metadata: { annotations: { note: 'x' } } };
    const desired = { metadata: { annotations: { note: text } } };
    const [change] = fieldChanges({ apiVersion: 'v1', kind: 'ConfigMap', live, desired, secrets });
    expect(change?.after).toMatch(/^\w+ \(secret\)/);
  });

  test("in another tool's copy of the object are masked, whether or not the Secret is known", () => {
    const copy = (value: string) => JSON.stringify({ kind: 'Secret', data: { any: value }, type: 'Opaque' });
    const annotated = (value: string): Json => ({
      metadata: { annotations: { 'kapp.k14s.io/original': copy(value) } },
    });
    expect(
      fieldChanges({ apiVersion: 'v1', kind: 'Secret', live: annotated('b2xk'), desired: annotated('bmV3') }),
    ).toMatchObject([
      { before: '{"kind":"Secret","data":{"any":"(secret)"},"type":"Opaque"}', after: '(masked, changed)' },
    ]);
  });

  test('a name inside of a copy masks its value', () => {
    const live = { metadata: { annotations: {} } };
    const annotations = { note: '{"db": {"password": 1234, "user": "me"}}' };
    expect(
      fieldChanges({ apiVersion: 'v1', kind: 'ConfigMap', live, desired: { metadata: { annotations } } }),
    ).toMatchObject([{ after: expect.not.stringContaining('1234') }]);
  });
});

test('an annotation of 256 KB without spaces is shown in an instant, cut', () => {
  const text = 'a.b-'.repeat(64 * 1024);
  const of = (note: string): Json => ({ metadata: { annotations: { note } } });
  const startedMs = performance.now();
  const [change] = fieldChanges({ apiVersion: 'v1', kind: 'ConfigMap', live: of(text), desired: of(`${text}x`) });
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  expect(change?.after).toMatch(/^….{1,118}x$/);
});

test('a JSON text that is nested without end is shown without a crash', () => {
  const text = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
  const of = (note: string): Json => ({ metadata: { annotations: { note } } });
  const [change] = fieldChanges({ apiVersion: 'v1', kind: 'ConfigMap', live: of('x'), desired: of(text) });
  expect(change?.after).toBe('(masked)');
});

test('a field is found by the keys of list items', () => {
  const object = podSpec({ ports: [{ containerPort: 80, name: 'http' }] });
  const path = ['spec', 'template', 'spec', 'containers', { name: 'agent' }, 'ports'];
  expect(valueAt(object, [...path, { containerPort: 80, protocol: 'TCP' }, 'name'])).toBe('http');
  expect(valueAt(object, [...path, { containerPort: 81, protocol: 'TCP' }, 'name'])).toBeUndefined();
});
