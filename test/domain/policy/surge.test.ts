import { expect, test } from 'vitest';
import type { ManifestObject } from '../../../domain/manifest/object.ts';
import { statedBudget, surgeWarning } from '../../../domain/policy/surge.ts';

function daemonSet(rollingUpdate: object, pod: object = {}): ManifestObject {
  const spec = { updateStrategy: { rollingUpdate }, template: { spec: { containers: [], ...pod } } };
  const source = { file: 'agent.yaml', line: 1 };
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'ns', name: 'agent', body: { spec }, source };
}

test.each([
  [{}, null],
  [{ maxUnavailable: 3 }, 3],
  [{ maxUnavailable: '20%' }, '20%'],
  [{ maxUnavailable: '020%' }, '20%'],
  [{ maxUnavailable: 0 }, null],
  [{ maxUnavailable: '0%' }, null],
  [{ maxUnavailable: 0, maxSurge: 2 }, 2],
  [{ maxUnavailable: '0%', maxSurge: '25%' }, '25%'],
  [{ maxUnavailable: 1, maxSurge: 0 }, 1],
  [{ maxSurge: -1 }, null],
  [{ maxSurge: 'many' }, null],
])('S6: the budget that the strategy %j stands for', (strategy, expected) => {
  expect(statedBudget(daemonSet(strategy))?.value ?? null).toBe(expected);
});

const explained =
  "DaemonSet ns/agent: maxSurge: 2 cannot be kept: under OnDelete a node's old pod goes before its new one comes. ";
const same = 'Instead at most 2 nodes are out at once (the same number as maxUnavailable)';
const ownPorts = '. Two of its pods could not have run on one node anyway: they use ';

test.each([
  [{}, null, `${explained}${same}`],
  [{}, 1, `${explained}Instead at most 1 node is out at once (maxUnavailable of its policy)`],
  [{}, '5%' as const, `${explained}Instead at most 5% of the nodes are out at once (maxUnavailable of its policy)`],
  [{ hostNetwork: true }, null, `${explained}${same}${ownPorts}the network of the node`],
  [
    { containers: [{ ports: [{ hostPort: 80 }, { containerPort: 1 }] }, { ports: [{ hostPort: 443 }] }] },
    null,
    `${explained}${same}${ownPorts}ports 80, 443 of the node`,
  ],
])('S6: surge with pod %j and a policy of %j is explained', (pod, maxUnavailable, expected) => {
  expect(surgeWarning(daemonSet({ maxSurge: 2, maxUnavailable: 0 }, pod), maxUnavailable)).toBe(expected);
});

test('S6: no surge, no word', () => {
  expect(surgeWarning(daemonSet({ maxSurge: 0, maxUnavailable: 1 }), null)).toBeNull();
});
