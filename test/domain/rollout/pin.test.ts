import { expect, test } from 'vitest';
import {
  pinAnnotations,
  pinName,
  pinObject,
  pinSizeProblem,
  pinVersionProblem,
  releasedNodes,
  releasedText,
} from '../../../domain/rollout/pin.ts';

test('pods can be pinned from Kubernetes 1.36 on', () => {
  const problem = (minor: string) => pinVersionProblem({ major: '1', minor, gitVersion: `v1.${minor}.2` });
  expect(problem('36')).toBeNull();
  expect(problem('37+')).toBeNull();
  expect(problem('35')).toBe(
    '"exposure: pin" needs Kubernetes 1.36 or newer, and this cluster is v1.35.2; write "exposure: window"',
  );
});

test('a node is released only under its whole name', () => {
  const text = releasedText(['node-10', 'node-2', 'node-10']);
  // What the policy asks: does the text contain the name between two spaces?
  const isReleased = (name: string) => text.includes(` ${name} `);
  expect(['node-10', 'node-2', 'node-1', 'ode-2', ''].filter(isReleased)).toEqual(['node-10', 'node-2']);
  expect(releasedNodes(text)).toEqual(new Set(['node-10', 'node-2']));
  expect(releasedNodes(releasedText([]))).toEqual(new Set());
  expect(releasedNodes(undefined)).toEqual(new Set());
});

test('a cluster whose node names do not fit into one annotation is told so', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `ip-10-0-0-${index}.ec2.internal`);
  expect(pinSizeProblem(names(5_000))).toBeNull();
  expect(pinSizeProblem(names(20_000))).toContain('those of 20000 nodes are too long');
});

test('the pin is last good with its own hash, goes with the record, and names no node that was not taken', () => {
  const pin = pinObject({
    application: 'app',
    namespace: 'monitoring',
    daemonset: 'agent',
    daemonSetUid: 'uid',
    record: { name: 'nodewave-record-agent', uid: 'record-uid' },
    template: { metadata: { labels: { app: 'agent' }, annotations: { a: 'b' } }, spec: { hostPID: true } },
    hash: 'old',
    released: ['node-1'],
  });
  expect(pin.metadata).toMatchObject({
    name: pinName('agent'),
    annotations: { [pinAnnotations.daemonSet]: 'uid', [pinAnnotations.released]: ' node-1 ' },
    ownerReferences: [{ kind: 'ConfigMap', name: 'nodewave-record-agent', uid: 'record-uid' }],
  });
  expect(pin.template).toEqual({
    metadata: { labels: { app: 'agent', 'controller-revision-hash': 'old' }, annotations: { a: 'b' } },
    spec: { hostPID: true },
  });
});
