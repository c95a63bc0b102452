import { expect, test } from 'vitest';
import { describeError } from '../../../domain/document-error.ts';
import { parseManifests } from '../../../domain/manifest/parse.ts';
import { validateObjects } from '../../../domain/manifest/validate.ts';
import { readPolicyAnnotations } from '../../../domain/policy/annotations.ts';
import { parseLabelSelector } from '../../../domain/policy/label-selector.ts';

/** A DaemonSet with these lines as its annotations, which begin on line 6. */
function manifest(annotations: string, template = ''): string {
  return `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  annotations:
${annotations}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata:
      labels: {app: agent}${template}
    spec: {containers: [{name: agent, image: "agent:1"}]}
`;
}

function validate(text: string) {
  return validateObjects(parseManifests([{ path: 'agent.yaml', text }]).objects, { namespace: 'monitoring' });
}

const errors = (annotations: string, template?: string): string[] =>
  validate(manifest(annotations, template)).errors.map(describeError);

function fieldsOf(annotations: Record<string, string>) {
  const { fields, problems } = readPolicyAnnotations({ metadata: { annotations } });
  expect(problems).toEqual([]);
  return fields;
}

test.each([
  [{ 'nodewave.dev/max-unavailable': '20%' }, { maxUnavailable: '20%' }],
  [{ 'nodewave.dev/max-unavailable': '3' }, { maxUnavailable: 3 }],
  [{ 'nodewave.dev/ready-within': '90s' }, { readyWithinMs: 90_000 }],
  [{ 'nodewave.dev/max-restarts': '0' }, { maxRestarts: 0 }],
  [{ 'nodewave.dev/on-failure': 'pause' }, { onFailure: 'pause' }],
  [{ 'nodewave.dev/promote-after': 'canary' }, { promoteAfter: 'canary' }],
  [{ 'nodewave.dev/spread': 'topology.kubernetes.io/zone' }, { spread: 'topology.kubernetes.io/zone' }],
  [{ 'nodewave.dev/pods-per-minute': '60' }, { podsPerMinute: 60 }],
  [{ 'nodewave.dev/on-unplanned-exposure': 'pause' }, { onUnplannedExposure: 'pause' }],
  [{ 'nodewave.dev/windows': '[]' }, { windows: [] }],
  [{ 'nodewave.dev/ramp': '{"startWith": 1, "cap": 8}' }, { ramp: { startWith: 1, cap: 8 } }],
  [
    { 'nodewave.dev/batches': '- {nodes: 1, soak: 1m}\n- nodes: 100%\n' },
    {
      batches: [
        { name: 'batch 1', nodes: 1, soakMs: 60_000 },
        { name: 'batch 2', nodes: '100%', soakMs: 0 },
      ],
    },
  ],
  [
    { 'nodewave.dev/exclude': 'node-role.kubernetes.io/control-plane' },
    { exclude: { matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] } },
  ],
  [{ 'nodewave.dev/last': 'pool=system' }, { last: { matchLabels: { pool: 'system' } } }],
  [{ 'nodewave.dev/last': '{names: [node-1]}' }, { last: { names: ['node-1'] } }],
  [{ 'nodewave.dev/last': 'matchLabels:\n  pool: system\n' }, { last: { matchLabels: { pool: 'system' } } }],
  [{ other: 'x', 'example.com/nodewave.dev': 'x' }, {}],
])('annotations %j', (annotations, expected) => {
  expect(fieldsOf(annotations)).toEqual(expected);
});

const named = (key: string) => `agent.yaml:6: metadata.annotations["nodewave.dev/${key}"]`;

test.each([
  [
    '    nodewave.dev/maxUnavailable: "1"',
    [`${named('maxUnavailable')}: unknown annotation; did you mean nodewave.dev/max-unavailable?`],
  ],
  [
    '    nodewave.dev/on-failur: pause',
    [`${named('on-failur')}: unknown annotation; did you mean nodewave.dev/on-failure?`],
  ],
  [
    '    nodewave.dev/colour: blue',
    [
      `${named('colour')}: unknown annotation; after nodewave.dev/ expected one of batches, max-unavailable, max-unavailable-per, failure-budget, max-failed-nodes, ramp, pods-per-minute, spread, last, exclude, cordoned, max-deferred, ready-within, max-restarts, progress-deadline, on-failure, rollback, promote-after, on-unplanned-exposure, exposure, supersede, windows, removal, hooks, gates`,
    ],
  ],
  ['    nodewave.dev/phase: rolling', [`${named('phase')}: is written by Nodewave on the cluster; remove it from git`]],
  [
    '    nodewave.dev/application: other',
    [`${named('application')}: is written by Nodewave on the cluster; remove it from git`],
  ],
  ['    nodewave.dev/max-restarts: 3', [`${named('max-restarts')}: must be a text, got 3; write it in quotes`]],
  [
    '    nodewave.dev/ready-within: 5 minutes',
    [`${named('ready-within')}: expected a duration such as 90s, 5m or 1h30m, got "5 minutes"`],
  ],
  [
    '    nodewave.dev/ready-within: ""',
    [`${named('ready-within')}: is missing; expected a duration such as 90s, 5m or 1h30m`],
  ],
  [
    '    nodewave.dev/exclude: "pool in gpu"',
    [`${named('exclude')}: expected a label selector such as "pool=gpu,!spot", or a mapping as YAML or JSON`],
  ],
  [
    '    nodewave.dev/exclude: "pool=a/b"',
    [
      `agent.yaml:6: metadata.annotations["nodewave.dev/exclude"].matchLabels.pool: expected at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or digit, got "a/b"`,
    ],
  ],
  [
    '    nodewave.dev/batches: |\n      - {nodes: 1, sok: 1m}\n      - nodes: 100%',
    [`${named('batches')}[0].sok: unknown field; did you mean soak?`],
  ],
  ['    nodewave.dev/batches: "[{nodes: 1"', [/not valid YAML/]],
  ['    nodewave.dev/windows: "a: 1\\n---\\nb: 2"', [`${named('windows')}: has more than one YAML document`]],
])('refused: %s', (annotations, expected) => {
  const found = errors(annotations);
  expect(found).toHaveLength(expected.length);
  for (const [index, one] of expected.entries())
    expect(found[index]).toEqual(typeof one === 'string' ? one : expect.stringMatching(one));
});

test('in the pod template they would restart pods, and are refused', () => {
  expect(errors('    a: b', '\n      annotations: {nodewave.dev/max-unavailable: "1"}')).toEqual([
    'agent.yaml:12: spec.template.metadata.annotations["nodewave.dev/max-unavailable"]: belongs to metadata.annotations of the DaemonSet: in the pod template a change of it would restart pods',
  ]);
});

test('on an object that is never rolled out it is refused; other annotations of nodewave.dev there are not looked at', () => {
  const text =
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    nodewave.dev/paused: x\n    nodewave.dev/spread: zone\n';
  expect(validate(text).errors.map(describeError)).toEqual([
    'agent.yaml:7: metadata.annotations["nodewave.dev/spread"]: has no effect on a ConfigMap: only DaemonSets are rolled out; remove it',
  ]);
});

test.each([
  ['a', { matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
  ['!a', { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }],
  ['a=b, c==d', { matchLabels: { a: 'b', c: 'd' } }],
  ['a=', { matchLabels: { a: '' } }],
  ['a!=b', { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] }],
  [
    'a in (b, c),d notin (e),x.io/y>3,z < 4',
    {
      matchExpressions: [
        { key: 'a', operator: 'In', values: ['b', 'c'] },
        { key: 'd', operator: 'NotIn', values: ['e'] },
        { key: 'x.io/y', operator: 'Gt', values: ['3'] },
        { key: 'z', operator: 'Lt', values: ['4'] },
      ],
    },
  ],
  // Both must hold, as kubectl takes it: no node has two values.
  ['a=b,a=c', { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['c'] }] }],
  ['', undefined],
  ['a,', undefined],
  ['a in ()', undefined],
  ['a in (b', undefined],
  ['a b', undefined],
  ['a>b', undefined],
])('label selector %j', (text, expected) => {
  expect(parseLabelSelector(text)).toEqual(expected);
});
