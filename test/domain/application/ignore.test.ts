import { describe, expect, test } from 'vitest';
import type { IgnoreRule } from '../../../domain/application/ignore.ts';
import { leaveIgnored } from '../../../domain/application/ignore-rules.ts';
import { parseApplications } from '../../../domain/application/parse.ts';
import { stringifyApplication } from '../../../domain/application/stringify.ts';
import { suggestedRule } from '../../../domain/diff/suggest-rule.ts';
import type { ManifestObject } from '../../../domain/manifest/object.ts';

type Json = Record<string, unknown>;

const application = (ignore: string) => `apiVersion: nodewave.dev/v1alpha1
kind: NodeApplication
metadata: {name: agents}
spec:
  source: {repo: "https://git.example.com/agents.git"}
  destination: {cluster: prod}
  ignore:
    - ${ignore}
`;
const errorsOf = (ignore: string): string[] =>
  parseApplications(application(ignore), 'a.yaml').errors.map(
    ({ line, field = '', message }) => `${line} ${field}: ${message}`,
  );

describe('a rule', () => {
  test.each([
    '{kind: Deployment, name: web, jsonPointer: /spec/replicas}',
    '{manager: horizontal-pod-autoscaler}',
    `{cel: 'path.endsWith("caBundle") && "cert-manager" in managers'}`,
    '{kind: ConfigMap, namespace: monitoring, manager: tuner, jsonPointer: /data/a~1b}',
  ])('is read, and written back: %s', (rule) => {
    const { specs, errors } = parseApplications(application(rule), 'a.yaml');
    expect(errors).toEqual([]);
    const [spec] = specs;
    if (spec === undefined) throw new Error('no application');
    expect(spec.ignore).toHaveLength(1);
    const { specs: again } = parseApplications(stringifyApplication(spec), 'b.yaml');
    expect(again[0]?.ignore).toEqual(spec.ignore);
  });

  test.each([
    ['{kind: Deployment, jsonPonter: /spec}', 'unknown field; did you mean jsonPointer?'],
    ['{kind: Deployment}', 'says of no field that it is ignored; give at least one of jsonPointer, manager, cel'],
    ['{jsonPointer: spec.replicas}', 'a JSON pointer begins with "/", got "spec.replicas"; write /spec/replicas'],
    ['{jsonPointer: /metadata/name}', '/metadata/name is nothing that git decides; leave the rule out'],
    ['{jsonPointer: /a~b}', 'in a JSON pointer "~" is written ~0 and "/" inside of a name ~1'],
    ['{kind: DaemonSet, jsonPointer: /spec/template}', 'fields of a DaemonSet cannot be ignored'],
    ['{manager: "nodewave:agents"}', 'is the field manager of an application; a rule names somebody else'],
    [`{cel: 'pth == "a"'}`, 'Unknown variable: pth; known are kind, name, path, git, live, managers'],
    ['{cel: path}', 'is string, not true or false'],
    [`{cel: 'path =='}`, 'Unexpected token: EOF'],
    [`{cel: 'path.matches("(a+)+$")'}`, 'matches is not known here; write matchesRe2'],
    ['just a text', 'expected a mapping such as'],
  ])('is refused with its line: %s', (rule, sentence) => {
    const [error = ''] = errorsOf(rule);
    expect(error).toMatch(/^8 spec\.ignore\[0\]/);
    expect(error).toContain(sentence);
  });
});

const manager = 'nodewave:agents';
const owned = (by: string, fields: Json): Json => ({
  manager: by,
  operation: 'Update',
  apiVersion: 'v1',
  fieldsV1: fields,
});
const objectOf = (body: Json): ManifestObject => ({
  apiVersion: String(body.apiVersion ?? 'v1'),
  kind: String(body.kind),
  name: 'one',
  namespace: 'monitoring',
  body,
  source: { file: 'a.yaml', line: 1 },
});
const left = (rules: IgnoreRule[], git: Json, live: Json | null) => leaveIgnored(rules, objectOf(git), live, manager);

describe('what is applied', () => {
  const git = { kind: 'ConfigMap', data: { a: 'git', b: 'git' } };
  const live = (by: string): Json => ({
    metadata: { managedFields: [owned(by, { 'f:data': { 'f:a': {} } })] },
    data: { a: 'live', b: 'git' },
  });
  const rule = { jsonPointer: '/data/a' };

  test.each<[string, Json | null, Json]>([
    ['is without a field that a controller owns', live('tuner'), { b: 'git' }],
    [
      'keeps the value that only kubectl has set: not sent, it would be removed',
      live('kubectl-edit'),
      { a: 'live', b: 'git' },
    ],
    ['keeps the value that nobody else owns', live(manager), { a: 'live', b: 'git' }],
    ['is all of git where there is no object yet', null, { a: 'git', b: 'git' }],
  ])('%s', (_, cluster, data) => {
    expect(left([rule], git, cluster).body.data).toEqual(data);
  });

  test.each<[string, IgnoreRule, boolean]>([
    ['another kind', { kind: 'Secret', ...rule }, false],
    ['another name', { name: 'two', ...rule }, false],
    ['another namespace', { namespace: 'other', ...rule }, false],
    ['another manager', { manager: 'other', ...rule }, false],
    ['its manager', { manager: 'tuner' }, true],
    ['a pointer to what is above', { jsonPointer: '/data' }, true],
    ['a pointer to a neighbour', { jsonPointer: '/data/ab' }, false],
    ['an expression', { cel: 'path == "data.a" && git == "git" && managers == ["tuner"]' }, true],
    ['an expression that fails', { cel: 'live > 3' }, false],
    ['a pattern', { cel: 'path.matchesRe2("^data[.]")' }, true],
  ])('by a rule with %s', (_, one, matches) => {
    expect(left([one], git, live('tuner')).ignored).toHaveLength(matches ? 1 : 0);
  });

  test('of a DaemonSet is always git', () => {
    const body = { apiVersion: 'apps/v1', kind: 'DaemonSet', spec: { minReadySeconds: 5 } };
    expect(left([{ cel: 'true' }], body, { spec: { minReadySeconds: 1 } })).toEqual({ body, ignored: [] });
  });

  test('of a list is without the field of the item, found by its place in git', () => {
    const hooks = (caBundle?: string): Json[] => [
      { name: 'a', url: 'x' },
      { name: 'b', ...(caBundle === undefined ? {} : { caBundle }) },
    ];
    const cluster = {
      metadata: { managedFields: [owned('ca', { 'f:webhooks': { 'k:{"name":"b"}': { 'f:caBundle': {} } } })] },
      webhooks: hooks('bGl2ZQ==').reverse(),
    };
    const found = left([{ jsonPointer: '/webhooks/1/caBundle' }], { kind: 'Hook', webhooks: hooks('Z2l0') }, cluster);
    expect(found.body).toEqual({ kind: 'Hook', webhooks: hooks() });
  });

  test("of a Secret's text is the value on the cluster", () => {
    const found = left(
      [{ jsonPointer: '/data/word' }],
      { kind: 'Secret', stringData: { word: 'git', other: 'x' } },
      { data: { word: 'bGl2ZQ==', other: 'eA==' } },
    );
    expect(found.body).toEqual({ kind: 'Secret', data: { word: 'bGl2ZQ==', other: 'eA==' } });
  });
});

describe('the rule that is suggested', () => {
  const body = {
    kind: 'Service',
    metadata: { labels: { 'a.b/c': 'x' } },
    spec: { ports: [{ port: 80 }, { port: 81 }] },
  };
  const owner = { manager: 'tuner', operation: 'Update' as const };

  test.each([
    [['metadata', 'labels', 'a.b/c'], '{kind: Service, name: one, jsonPointer: /metadata/labels/a.b~1c}'],
    [
      ['spec', 'ports', { port: 81, protocol: 'TCP' }, 'name'],
      '{kind: Service, name: one, jsonPointer: /spec/ports/1/name}',
    ],
    [['spec', 'ports', { port: 82, protocol: 'TCP' }], '{kind: Service, name: one, manager: tuner}'],
  ])('for %j', (path, rule) => {
    expect(suggestedRule(objectOf(body), path, [owner], manager)).toBe(rule);
  });

  test('is none for a DaemonSet', () => {
    const object = objectOf({ apiVersion: 'apps/v1', kind: 'DaemonSet', spec: {} });
    expect(suggestedRule(object, ['spec', 'minReadySeconds'], [owner], manager)).toBeUndefined();
  });
});
