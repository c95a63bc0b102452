import { expect, test } from 'vitest';
import { parseManifests } from '../../../domain/manifest/parse.ts';
import { pathInSentence, placeOf } from '../../../domain/manifest/place.ts';
import { validateObjects } from '../../../domain/manifest/validate.ts';

const text = `apiVersion: v1
kind: ConfigMap
metadata: {name: first}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
        - name: helper
          image: helper:1
        - name: agent
          image: agent:1
          imagePullPolice: Always
          ports:
            - containerPort: 80
              hostPort: eighty
`;
const agent = validateObjects(parseManifests([{ path: 'prod/agent.yaml', text }]).objects, { namespace: 'x' })
  .objects[1];

test.each([
  [
    '.spec.template.spec.containers[name="agent"].imagePullPolice: field not declared in schema',
    ['spec', 'template', 'spec', 'containers', 1, 'imagePullPolice'],
    18,
  ],
  [
    '.spec.template.spec.containers[name="agent"].ports[containerPort=80,protocol="TCP"].hostPort: expected numeric',
    ['spec', 'template', 'spec', 'containers', 1, 'ports', 0, 'hostPort'],
    21,
  ],
  [
    'DaemonSet.apps "agent" is invalid: spec.template.spec.containers[0].image: Required value',
    ['spec', 'template', 'spec', 'containers', 0, 'image'],
    15,
  ],
  [
    'spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "x"',
    ['spec', 'template', 'spec', 'containers', 0, 'imagePullPolicy'],
    14,
  ],
  ['the API server refuses it: admission webhook "x.example.com" denied the request: no', [], 5],
])('%s', (sentence, path, line) => {
  const found = pathInSentence(agent?.body ?? {}, `the API server refuses it: ${sentence}`);
  expect(found).toEqual(path);
  expect(agent && placeOf(agent, found)).toEqual({ file: 'prod/agent.yaml', line });
});

test('an object that comes from no file keeps the place that it has', () => {
  expect(placeOf({ source: { file: 'a.yaml', line: 7 } }, ['kind'])).toEqual({ file: 'a.yaml', line: 7 });
});
