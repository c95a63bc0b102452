import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applicationYaml, daemonSetYaml } from '../../../dev/demo/manifests.ts';
import { podSeen } from '../../../dev/demo/observation.ts';
import { repositoryRoot } from '../../../dev/demo/setting.ts';
import { parseApplications } from '../../../domain/application/parse.ts';

test('the example NodeApplication is read without an error', () => {
  const text = readFileSync(join(repositoryRoot, 'examples', 'node-application.yaml'), 'utf8');
  const { specs, errors } = parseApplications(text, 'node-application.yaml');
  expect(errors).toEqual([]);
  expect(specs).toMatchObject([{ name: 'node-agents', source: { path: 'agents' }, destination: { cluster: 'dev' } }]);
});

test('the demo changes only repository, cluster and times of it', () => {
  const { specs, errors } = parseApplications(applicationYaml('file:///tmp/agents.git'), 'demo.yaml');
  expect(errors).toEqual([]);
  expect(specs[0]).toMatchObject({
    source: { repo: 'file:///tmp/agents.git', ref: { branch: 'main' }, path: 'agents' },
    destination: { cluster: 'demo', namespace: 'monitoring' },
    rollout: {
      batches: [
        { name: 'canary', nodes: 1, per: 'topology.kubernetes.io/zone', soakMs: 2_000, approval: 'after' },
        { name: 'quarter', nodes: '25%', soakMs: 1_000 },
        { name: 'all', nodes: '100%', soakMs: 0 },
      ],
      maxUnavailable: '10%',
      onFailure: 'rollback',
    },
  });
});

test('versions of the example DaemonSet differ in the image alone', () => {
  const [first, third] = [daemonSetYaml('1').split('\n'), daemonSetYaml('3').split('\n')];
  const lines = third.filter((line, index) => line !== first[index]);
  expect(lines.map((line) => line.trim())).toEqual(['image: registry.example.com/agents/node-agent:3.0.0']);
});

test('a pod is read with its node before it is scheduled, and with what keeps it from running', () => {
  const metadata = { name: 'agent-1', uid: 'u1', resourceVersion: '1', creationTimestamp: '' };
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-0001'] }] }];
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
  const containers = [{ name: 'agent', image: 'a:1' }];
  expect(podSeen({ metadata, spec: { affinity, containers } }, false, 5)).toMatchObject({
    node: 'node-0001',
    image: 'a:1',
    available: false,
    trouble: null,
  });
  const crashed = {
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [
      {
        name: 'agent',
        image: 'a:1',
        restartCount: 2,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 137 } },
      },
    ],
  };
  expect(podSeen({ metadata, spec: { nodeName: 'n', containers }, status: crashed }, false, 5)).toMatchObject({
    available: false,
    trouble: 'container agent is in CrashLoopBackOff, restarts: 2, last exit code 137',
  });
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  const going = { ...metadata, deletionTimestamp: '2030-01-01T00:00:00Z' };
  expect(podSeen({ metadata, status: ready }, false, 5)).toMatchObject({ available: true, leaving: false });
  expect(podSeen({ metadata: going, status: ready }, false, 5)).toMatchObject({ available: false, leaving: true });
  expect(podSeen({ metadata, status: ready }, true, 5)).toMatchObject({ available: false, leaving: true });
});
