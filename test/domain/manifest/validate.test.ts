import { expect, test } from 'vitest';
import { describeError } from '../../../domain/document-error.ts';
import { describeObject } from '../../../domain/manifest/object.ts';
import { parseManifests } from '../../../domain/manifest/parse.ts';
import { type Validated, validateObjects } from '../../../domain/manifest/validate.ts';

function validate(...texts: string[]): Validated {
  const parsed = parseManifests(texts.map((text, index) => ({ path: `${'abc'[index]}.yaml`, text })));
  expect(parsed.errors).toEqual([]);
  return validateObjects(parsed.objects, { namespace: 'monitoring' });
}

const errors = (...texts: string[]): string[] => validate(...texts).errors.map(describeError);

/** A DaemonSet with a line per part, so that the tests below can break one. */
const lines = {
  apiVersion: 'apiVersion: apps/v1',
  kind: 'kind: DaemonSet',
  metadata: 'metadata: {name: agent}',
  spec: 'spec:',
  selector: '  selector: {matchLabels: {app: agent}}',
  strategy: '  updateStrategy: {type: RollingUpdate}',
  template: '  template:',
  labels: '    metadata: {labels: {app: agent, tier: node}}',
  podSpec: '    spec:',
  restart: '      restartPolicy: Always',
  containers: '      containers: [{name: agent, image: "agent:1"}]',
};
const daemonSet = (change: Partial<typeof lines> = {}): string =>
  `${Object.values({ ...lines, ...change })
    .filter((line) => line !== '')
    .join('\n')}\n`;

test('a whole DaemonSet has no error', () => {
  expect(errors(daemonSet())).toEqual([]);
  expect(errors(daemonSet({ strategy: '', restart: '' }))).toEqual([]);
});

test('namespaces: filled in, kept, and left out where the kind has none', () => {
  const { objects } = validate(`
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: a, namespace: monitoring}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Widget}}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: a}
---
apiVersion: example.com/v1
kind: Gadget
metadata: {name: a}
`);
  expect(
    objects.map((object) => [describeObject(object), (object.body.metadata as { namespace?: string }).namespace]),
  ).toEqual([
    ['ConfigMap monitoring/a', 'monitoring'],
    ['ConfigMap kube-system/a', 'kube-system'],
    ['ClusterRole a', undefined],
    ['CustomResourceDefinition widgets.example.com', undefined],
    ['Widget a', undefined],
    ['Gadget monitoring/a', 'monitoring'],
  ]);
});

test('the same object twice names both places', () => {
  const one = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
  const same = '\n\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: monitoring}\n';
  expect(errors(one, same)).toEqual([
    'b.yaml:3: ConfigMap monitoring/a is there twice, first at a.yaml:1; remove one of them',
  ]);
  expect(errors(one, one.replace('name: a', 'name: a, namespace: other'))).toEqual([]);
  const hpa = (version: string): string =>
    `apiVersion: autoscaling/${version}\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n`;
  expect(errors(hpa('v1'), hpa('v2'))).toHaveLength(1);
});

test.each([
  [
    'metadata: {}\n',
    [
      'a.yaml:1: apiVersion: is missing; every Kubernetes object needs one, such as apps/v1',
      'a.yaml:1: kind: is missing; every Kubernetes object needs one, such as DaemonSet',
      'a.yaml:1: metadata.name: is missing; every Kubernetes object needs one, such as name: node-agent',
    ],
  ],
  [
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 7\n  namespace: 8\n',
    [
      'a.yaml:4: metadata.name: must be a text, got 7; every Kubernetes object needs one, such as name: node-agent',
      'a.yaml:5: metadata.namespace: must be a text, got 8; write it in quotes',
    ],
  ],
  [
    'apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: x-\n',
    [
      'a.yaml:4: metadata.generateName: is not supported: an object in git needs a fixed metadata.name, else each sync would create another',
    ],
  ],
  [
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  resourceVersion: "5"\n',
    ['a.yaml:5: metadata.resourceVersion: is written by the cluster; remove it from git'],
  ],
  [
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {version: 1.10}\ndata:\n  port: 80\n  nested: {a: b}\n  none:\n',
    [
      'a.yaml:5: metadata.labels.version: must be a text, got 1.1; write it in quotes',
      'a.yaml:7: data.port: must be a text, got 80; write it in quotes',
      'a.yaml:8: data.nested: must be a text, got a mapping',
    ],
  ],
  [
    'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  pin: 1234\n',
    ['a.yaml:5: stringData.pin: must be a text; write it in quotes'],
  ],
  [
    'apiVersion: nodewave.dev/v1alpha1\nkind: Wave\nmetadata: {name: a}\n',
    ['a.yaml:2: kind: nodewave.dev has no kind Wave'],
  ],
  [
    'apiVersion: nodewave.dev/v1alpha1\nkind: RolloutPolicies\nmetadata: {name: a}\n',
    ['a.yaml:2: kind: nodewave.dev has no kind RolloutPolicies; did you mean RolloutPolicy?'],
  ],
])('object %j', (text, expected) => {
  expect(errors(text)).toEqual(expected);
});

test('a NodeApplication in the path is left out and said so', () => {
  const {
    objects,
    errors: found,
    warnings,
  } = validate('apiVersion: nodewave.dev/v1alpha1\nkind: NodeApplication\nmetadata: {name: x}\n');
  expect([objects, found]).toEqual([[], []]);
  expect(warnings).toEqual(['a.yaml:1: NodeApplication x is not applied by a sync; use nodewave apply -f a.yaml']);
});

const labels = 'spec.template.metadata.labels';

test.each([
  [
    { apiVersion: 'apiVersion: extensions/v1beta1' },
    ['a.yaml:1: apiVersion: a DaemonSet has apiVersion apps/v1, got "extensions/v1beta1"'],
  ],
  [
    { selector: '' },
    [`a.yaml:4: spec.selector: is missing; a DaemonSet needs one, such as matchLabels with labels of ${labels}`],
  ],
  [{ selector: '  selector: {}' }, [`a.yaml:5: spec.selector: is empty; write matchLabels with labels of ${labels}`]],
  [
    { selector: '  selector: {matchLabels: {app: agnet, tier: node, x: z}}' },
    [
      `a.yaml:5: spec.selector.matchLabels.app: does not match the pod template: ${labels} has app: agent, the selector wants app: agnet; make the two the same`,
      `a.yaml:5: spec.selector.matchLabels.x: does not match the pod template: ${labels} has no x, the selector wants x: z; make the two the same`,
    ],
  ],
  [
    { labels: '' },
    [
      `a.yaml:5: spec.selector.matchLabels.app: does not match the pod template: ${labels} has no app, the selector wants app: agent; make the two the same`,
    ],
  ],
  [
    { selector: '  selector: {matchExpressions: [{key: app, operator: In, values: [a, b]}]}' },
    [
      `a.yaml:5: spec.selector.matchExpressions[0]: does not match the pod template: ${labels} has app: agent, the selector wants app In (a, b)`,
    ],
  ],
  [
    { selector: '  selector: {matchExpressions: [{key: app, operator: Iin, values: [a]}]}' },
    [
      'a.yaml:5: spec.selector.matchExpressions[0].operator: must be one of In, NotIn, Exists, DoesNotExist, got "Iin"; did you mean In?',
    ],
  ],
  [
    { selector: '  selector: {matchExpressions: [{key: app, operator: In}, {operator: Exists}]}' },
    [
      'a.yaml:5: spec.selector.matchExpressions[0].values: is empty; In needs at least one value',
      'a.yaml:5: spec.selector.matchExpressions[1].key: is missing; write the name of a label',
    ],
  ],
  [
    { strategy: '  updateStrategy: {type: RollingUpdat}' },
    [
      'a.yaml:6: spec.updateStrategy.type: must be RollingUpdate or OnDelete, got "RollingUpdat"; did you mean RollingUpdate?',
    ],
  ],
  [
    { restart: '      restartPolicy: Never' },
    ['a.yaml:10: spec.template.spec.restartPolicy: must be Always in a DaemonSet, got "Never"; change or remove it'],
  ],
  [
    { labels: '    metadata: {labels: {app: agent, tier: 1}}' },
    ['a.yaml:8: spec.template.metadata.labels.tier: must be a text, got 1; write it in quotes'],
  ],
  [
    { containers: '      containers: []' },
    [
      'a.yaml:11: spec.template.spec.containers: must be a list of at least one container with name and image, got an empty list',
    ],
  ],
  [
    { containers: '      containers: [{name: agent}, {image: 7}]' },
    [
      'a.yaml:11: spec.template.spec.containers[0].image: is missing; every container needs a name and an image',
      'a.yaml:11: spec.template.spec.containers[1].name: is missing; every container needs a name and an image',
      'a.yaml:11: spec.template.spec.containers[1].image: must be a text, got 7; every container needs a name and an image',
    ],
  ],
])('DaemonSet with %j', (change, expected) => {
  expect(errors(daemonSet(change))).toEqual(expected);
});

test('parts that are missing as a whole', () => {
  expect(errors('apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\n')).toEqual([
    'a.yaml:1: spec: is missing; a DaemonSet needs spec.selector and spec.template',
  ]);
  expect(errors('apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  selector: {}\n')).toEqual([
    'a.yaml:4: spec.template: is missing; a DaemonSet needs a pod template',
  ]);
});

test.each([
  '{key: app, operator: In, values: [agent]}',
  '{key: app, operator: NotIn, values: [other]}',
  '{key: none, operator: NotIn, values: [other]}',
  '{key: tier, operator: Exists}',
  '{key: none, operator: DoesNotExist}',
])('the selector %s matches', (expression) => {
  expect(errors(daemonSet({ selector: `  selector: {matchExpressions: [${expression}]}` }))).toEqual([]);
});

test.each([
  '{key: app, operator: NotIn, values: [agent]}',
  '{key: none, operator: In, values: [x]}',
  '{key: none, operator: Exists}',
  '{key: app, operator: DoesNotExist}',
  '{key: constructor, operator: Exists}',
])('the selector %s does not match', (expression) => {
  expect(errors(daemonSet({ selector: `  selector: {matchExpressions: [${expression}]}` }))).toHaveLength(1);
});

test('errors of items in a List carry the line of the item', () => {
  const text = 'kind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    nam: x\n';
  expect(errors(text)).toEqual([
    'a.yaml:5: metadata.name: is missing; every Kubernetes object needs one, such as name: node-agent',
  ]);
});
