import { describe, expect, test } from 'vitest';
import { parseApplications } from '../../../domain/application/parse.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import { describeError } from '../../../domain/document-error.ts';
import { parseManifests } from '../../../domain/manifest/parse.ts';
import { type Validated, validateObjects } from '../../../domain/manifest/validate.ts';
import { effectivePolicy, resolvePolicy } from '../../../domain/policy/resolve.ts';
import type { ResolvedPolicy } from '../../../domain/policy/source.ts';

const agent = (change: { labels?: string; annotations?: string; strategy?: string; name?: string } = {}): string => `
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: ${change.name ?? 'agent'}
  labels: ${change.labels ?? '{tier: node}'}
  annotations: ${change.annotations ?? '{}'}
spec:
  updateStrategy: ${change.strategy ?? '{type: RollingUpdate}'}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:1"}]}
`;

const policy = (name: string, selector: string, rollout: string): string => `
apiVersion: nodewave.dev/v1alpha1
kind: RolloutPolicy
metadata: {name: ${name}}
spec:
  selector: ${selector}
  rollout:
${rollout}
`;

function validate(files: Record<string, string>): Validated {
  const parsed = parseManifests(Object.entries(files).map(([path, text]) => ({ path, text })));
  expect(parsed.errors).toEqual([]);
  return validateObjects(parsed.objects, { namespace: 'monitoring' });
}

function application(rollout = ''): ApplicationSpec {
  const text = `apiVersion: nodewave.dev/v1alpha1
kind: NodeApplication
metadata: {name: agents}
spec:
  source: {repo: https://example.com/x.git}
  destination: {cluster: prod}
  rollout:
${rollout}`;
  const { specs, errors } = parseApplications(text, 'app.yaml');
  expect(errors.map(describeError)).toEqual([]);
  const [spec] = specs;
  if (spec === undefined) throw new Error('no application');
  return spec;
}

function resolve(files: Record<string, string>, spec = application()): ResolvedPolicy {
  const { objects, policies, errors } = validate(files);
  expect(errors.map(describeError)).toEqual([]);
  const [object] = objects;
  if (object === undefined) throw new Error('no DaemonSet');
  return resolvePolicy(object, policies, spec);
}

describe('the first source that states a field decides', () => {
  const all = policy(
    'node',
    '{matchLabels: {tier: node}}',
    '    maxUnavailable: 2\n    onFailure: pause\n    spread: zone',
  );
  const spec = application('    maxUnavailable: 3\n    onFailure: rollback\n    maxRestarts: 5\n');
  const annotations = '{nodewave.dev/max-unavailable: "1"}';

  test('annotation, RolloutPolicy, NodeApplication, default', () => {
    const { policy: found, sources } = resolve({ 'agent.yaml': agent({ annotations }), 'policy.yaml': all }, spec);
    expect(found).toMatchObject({ maxUnavailable: 1, onFailure: 'pause', spread: 'zone', maxRestarts: 5 });
    expect(sources).toMatchObject({
      maxUnavailable: {
        kind: 'annotation',
        field: 'metadata.annotations["nodewave.dev/max-unavailable"]',
        file: 'agent.yaml',
        line: 7,
      },
      onFailure: { kind: 'RolloutPolicy', name: 'node', field: 'spec.rollout.onFailure', file: 'policy.yaml', line: 9 },
      spread: { kind: 'RolloutPolicy', line: 10 },
      maxRestarts: {
        kind: 'NodeApplication',
        name: 'agents',
        field: 'spec.rollout.maxRestarts',
        file: 'app.yaml',
        line: 10,
      },
      readyWithinMs: { kind: 'default' },
      batches: { kind: 'default' },
    });
  });

  test.each([
    [{ annotations }, [all], 1, 'annotation'],
    [{}, [all], 2, 'RolloutPolicy'],
    [{ labels: '{tier: other}' }, [], 3, 'NodeApplication'],
  ])('%j', (change, policies, maxUnavailable, kind) => {
    const files = Object.fromEntries([agent(change), ...policies].map((text, index) => [`${index}.yaml`, text]));
    const found = resolve(files, spec);
    expect([found.policy.maxUnavailable, found.sources.maxUnavailable.kind]).toEqual([maxUnavailable, kind]);
  });

  test('maxUnavailable: what the strategy in git states comes before the default, and stays out of the policy', () => {
    const strategy = '{rollingUpdate: {maxUnavailable: 20%}}';
    const { policy: found, sources } = resolve({ 'agent.yaml': agent({ strategy }) });
    expect(found.maxUnavailable).toBeNull();
    expect(sources.maxUnavailable).toEqual({
      kind: 'manifest',
      field: 'spec.updateStrategy.rollingUpdate.maxUnavailable',
      file: 'agent.yaml',
      line: 9,
    });
    expect(effectivePolicy(found, '20%').maxUnavailable).toBe('20%');
    expect(effectivePolicy(found, null)).toMatchObject({
      maxUnavailable: '10%',
      cordoned: 'include',
      maxDeferred: '10%',
    });
    expect(resolve({ 'agent.yaml': agent({ strategy }) }, spec).sources.maxUnavailable.kind).toBe('NodeApplication');
  });

  test('an application of before its lines were kept is named without them', () => {
    const { origin: _origin, ...old } = spec;
    const { sources } = resolve({ 'agent.yaml': agent() }, old);
    expect(sources.maxUnavailable).toEqual({
      kind: 'NodeApplication',
      name: 'agents',
      field: 'spec.rollout.maxUnavailable',
    });
    expect(sources.onFailure).toEqual({ kind: 'default' });
  });

  test('an empty list takes away what the application has', () => {
    const windows = '    windows: [{kind: deny, schedule: "0 0 * * *", duration: 1h, timeZone: UTC}]\n';
    const lifted = resolve(
      { 'agent.yaml': agent({ annotations: '{nodewave.dev/windows: "[]"}' }) },
      application(windows),
    );
    expect(lifted.policy.windows).toEqual([]);
    expect(resolve({ 'agent.yaml': agent() }, application(windows)).policy.windows).toHaveLength(1);
  });
});

describe('kind RolloutPolicy', () => {
  const errors = (files: Record<string, string>): string[] => validate(files).errors.map(describeError);

  test.each([
    ['{names: [agent]}', true],
    ['{names: [monitoring/agent]}', true],
    ['{names: [other/agent]}', false],
    ['{matchLabels: {tier: node}}', true],
    ['{matchLabels: {tier: edge}}', false],
    ['{matchLabels: {tier: node}, matchExpressions: [{key: gpu, operator: DoesNotExist}]}', true],
    ['{matchExpressions: [{key: tier, operator: In, values: [edge, node]}]}', true],
    ['{matchExpressions: [{key: constructor, operator: Exists}]}', false],
  ])('selects by %s: %s', (selector, selected) => {
    const files = { 'agent.yaml': agent(), 'policy.yaml': policy('p', selector, '    maxUnavailable: 7') };
    expect(resolve(files).policy.maxUnavailable).toBe(selected ? 7 : null);
    expect(validate(files).warnings).toEqual(
      selected ? [] : ['policy.yaml:2: RolloutPolicy p selects no DaemonSet here'],
    );
  });

  test('is no object of the cluster', () => {
    const { objects } = validate({
      'agent.yaml': agent(),
      'policy.yaml': policy('p', '{names: [agent]}', '    maxUnavailable: 7'),
    });
    expect(objects.map(({ kind }) => kind)).toEqual(['DaemonSet']);
  });

  test('two that set the same field of one DaemonSet: an error with both places', () => {
    const a = policy('a', '{names: [agent]}', '    maxUnavailable: 7\n    onFailure: pause');
    const b = policy('b', '{matchLabels: {tier: node}}', '    maxRestarts: 1\n    maxUnavailable: 7');
    expect(errors({ 'agent.yaml': agent(), 'a.yaml': a, 'b.yaml': b })).toEqual([
      'b.yaml:9: spec.rollout.maxUnavailable: RolloutPolicy a sets it too, at a.yaml:8, and both select DaemonSet monitoring/agent; remove one of the two, or narrow a selector',
    ]);
  });

  test('two for one DaemonSet that set different fields complete each other', () => {
    const a = policy('a', '{names: [agent]}', '    maxUnavailable: 7');
    const b = policy('b', '{matchLabels: {tier: node}}', '    maxRestarts: 1');
    expect(resolve({ 'agent.yaml': agent(), 'a.yaml': a, 'b.yaml': b }).policy).toMatchObject({
      maxUnavailable: 7,
      maxRestarts: 1,
    });
  });

  test('two that set the same field of different DaemonSets are no error', () => {
    const a = policy('a', '{names: [agent]}', '    maxUnavailable: 7');
    const b = policy('b', '{names: [other]}', '    maxUnavailable: 8');
    const files = { 'agent.yaml': agent(), 'other.yaml': agent({ name: 'other' }), 'a.yaml': a, 'b.yaml': b };
    expect(errors(files)).toEqual([]);
  });

  test.each([
    [
      policy('p', '{}', '    maxUnavailable: 1'),
      ['p.yaml:6: spec.selector: selects nothing; expected DaemonSets by names, matchLabels or matchExpressions'],
    ],
    [
      policy('p', '{matchExpressions: [{key: a, operator: Gt, values: ["1"]}]}', '    maxUnavailable: 1'),
      [
        'p.yaml:6: spec.selector.matchExpressions[0].operator: expected one of In, NotIn, Exists, DoesNotExist, got "Gt"',
      ],
    ],
    [
      policy('p', '{names: [agent]}', '    maxUnavailble: 1\n    readyWithin: 1'),
      [
        'p.yaml:8: spec.rollout.maxUnavailble: unknown field; did you mean maxUnavailable?',
        'p.yaml:9: spec.rollout.readyWithin: expected a duration such as 90s, 5m or 1h30m, got 1',
      ],
    ],
    [
      policy('p', '{names: [agent]}', '    gates:'),
      ['p.yaml:7: spec.rollout: sets nothing; expected a field such as maxUnavailable'],
    ],
    [
      policy('p', '{names: [agent]}', '    maxRestarts: 1').replace('  selector: {names: [agent]}', '  selektor: {}'),
      [
        'p.yaml:5: spec.selector: is missing; expected DaemonSets by names, matchLabels or matchExpressions',
        'p.yaml:6: spec.selektor: unknown field; did you mean selector?',
      ],
    ],
    [
      policy('p', '{names: [agent]}', '    maxRestarts: 1').replace('v1alpha1', 'v1'),
      ['p.yaml:2: apiVersion: expected nodewave.dev/v1alpha1, got "nodewave.dev/v1"'],
    ],
    [
      `${policy('p', '{names: [agent]}', '    maxRestarts: 1')}---${policy('p', '{names: [agent]}', '    maxRestarts: 1')}`,
      ['p.yaml:12: metadata.name: RolloutPolicy p is there twice, first at p.yaml:2; remove or rename one'],
    ],
  ])('refused: %s', (text, expected) => {
    expect(errors({ 'agent.yaml': agent(), 'p.yaml': text }).sort()).toEqual(expected);
  });
});
