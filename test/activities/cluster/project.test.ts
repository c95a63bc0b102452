import { beforeAll, describe, expect, test } from 'vitest';
import { type ClusterClient, createClusterClient } from '../../../activities/cluster/client.ts';
import type { DaemonSet, Node, Pod } from '../../../activities/cluster/objects.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { daemonSetView, nodeView, podView } from '../../../activities/cluster/project.ts';
import { waitFor } from '../../../dev/stack/wait.ts';
import { adminKube, makeNodes, testNamespace } from '../../support/cluster.ts';
import { stackTimeoutMs } from '../../support/stack.ts';

const metadata = { name: 'x', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const condition = (type: string, status: string, change = {}) => ({ type, status, ...change });

describe('nodeView', () => {
  test('only a Ready condition that is True makes a node ready', () => {
    const node = (...conditions: object[]) => nodeView({ metadata, status: { conditions } } as Node);
    expect(node(condition('Ready', 'True')).ready).toBe(true);
    expect(node(condition('Ready', 'Unknown')).ready).toBe(false);
    expect(node(condition('DiskPressure', 'True')).ready).toBe(false);
    expect(node().ready).toBe(false);
  });

  test('taints without the times and cordons', () => {
    const taints = [
      { key: 'k', value: 'v', effect: 'NoExecute', timeAdded: 't' },
      { key: 'l', effect: 'NoSchedule' },
    ];
    expect(nodeView({ metadata: { ...metadata, labels: { a: 'b' } }, spec: { unschedulable: true, taints } })).toEqual({
      name: 'x',
      uid: 'u',
      labels: { a: 'b' },
      taints: [
        { key: 'k', value: 'v', effect: 'NoExecute' },
        { key: 'l', effect: 'NoSchedule' },
      ],
      unschedulable: true,
      ready: false,
    });
  });

  test('S35: of the annotations only those that rules read, and whether the node is being deleted', () => {
    const annotations = { 'weave.works/kured-reboot-in-progress': 'now', 'node.alpha.kubernetes.io/ttl': '0' };
    const marked = nodeView({ metadata: { ...metadata, annotations, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(marked).toMatchObject({ deleting: true, annotations: { 'weave.works/kured-reboot-in-progress': 'now' } });
    expect(Object.keys(marked.annotations ?? {})).toHaveLength(1);
    const plain = nodeView({ metadata: { ...metadata, annotations: { other: 'x' } } });
    expect([plain.deleting, plain.annotations]).toEqual([undefined, undefined]);
  });
});

describe('podView', () => {
  const pinned = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] },
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-7'] }] },
        ],
      },
    },
  };

  test('a pod that is not bound yet belongs to the node it is pinned to', () => {
    expect(podView({ metadata, spec: { affinity: pinned } }).node).toBe('node-7');
    expect(podView({ metadata, spec: { affinity: pinned, nodeName: 'node-8' } }).node).toBe('node-8');
    expect(podView({ metadata }).node).toBe('');
  });

  test('why it is not scheduled', () => {
    const status = { conditions: [condition('PodScheduled', 'False', { reason: 'Unschedulable', message: 'no cpu' })] };
    expect(podView({ metadata, status }).unschedulable).toBe('no cpu');
    expect(
      podView({ metadata, status: { conditions: [condition('PodScheduled', 'True')] } }).unschedulable,
    ).toBeUndefined();
  });

  test('Ready counts only while it is True', () => {
    const ready = (status: string) => ({
      conditions: [condition('Ready', status, { lastTransitionTime: '2026-01-01T00:01:00Z' })],
    });
    expect(podView({ metadata, status: ready('True') })).toMatchObject({
      ready: true,
      readySinceMs: Date.UTC(2026, 0, 1, 0, 1),
    });
    expect(podView({ metadata, status: ready('False') }).readySinceMs).toBeUndefined();
  });

  test('containers: the state that waits, the newest end, and those without a status yet', () => {
    const view = podView({
      metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:30Z' },
      spec: { containers: [{ name: 'main', image: 'i:1' }], initContainers: [{ name: 'init', image: 'j:1' }] },
      status: {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'disk',
        containerStatuses: [
          {
            name: 'main',
            image: 'i:1',
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
            lastState: { terminated: { reason: 'Error', exitCode: 1, message: 'boom' } },
          },
        ],
      },
    });
    expect(view).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'disk',
      terminatingUntilMs: Date.UTC(2026, 0, 1, 0, 0, 30),
    });
    expect(view.containers).toEqual([
      { name: 'init', init: true, image: 'j:1', restartCount: 0 },
      {
        name: 'main',
        init: false,
        image: 'i:1',
        restartCount: 3,
        waitingReason: 'CrashLoopBackOff',
        waitingMessage: 'back-off 40s',
        terminated: { exitCode: 1, reason: 'Error', message: 'boom' },
      },
    ]);
  });
});

describe('real objects', () => {
  let client: ClusterClient;
  beforeAll(async () => {
    client = createClusterClient(await adminKube());
  }, stackTimeoutMs);

  test('of a DaemonSet, its pods and its nodes', async () => {
    const namespace = await testNamespace();
    const nodes = await makeNodes('view', 2, ['zone-a', 'zone-b']);
    try {
      const tolerations = [{ key: 'special', operator: 'Exists', effect: 'NoSchedule' }];
      const terms = [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }] }];
      const affinity = {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
      };
      const spec = {
        nodeSelector: nodes.selector,
        tolerations,
        affinity,
        hostNetwork: true,
        terminationGracePeriodSeconds: 7,
        containers: [{ name: 'agent', image: 'registry.example.com/agent:1' }],
      };
      const path = paths.daemonSet({ namespace, name: 'agent' });
      await client.apply(
        path,
        {
          apiVersion: 'apps/v1',
          kind: 'DaemonSet',
          metadata: { name: 'agent' },
          spec: {
            selector: { matchLabels: { app: 'agent' } },
            minReadySeconds: 1,
            updateStrategy: { type: 'OnDelete' },
            template: { metadata: { labels: { app: 'agent' } }, spec },
          },
        },
        { fieldManager: 'test' },
      );
      const pods = await waitFor(
        async () => {
          const { items } = await client.list<Pod, ReturnType<typeof podView>>(paths.pods(namespace), {
            project: podView,
          });
          return items.length === 2 && items.every((pod) => pod.ready) ? items : undefined;
        },
        { timeoutMs: 30_000, what: 'two ready pods' },
      );
      const daemonSet = await client.get<DaemonSet>(path);
      expect(daemonSet && daemonSetView(daemonSet)).toMatchObject({
        strategy: 'OnDelete',
        minReadySeconds: 1,
        graceSeconds: 7,
        desiredNumberScheduled: 2,
        deleting: false,
        scheduling: { nodeSelector: nodes.selector, tolerations, affinityTerms: terms, hostNetwork: true },
      });
      expect(pods.map((pod) => pod.node).sort()).toEqual(nodes.names);
      expect(pods[0]?.hash).toMatch(/^\w{8,}$/);
      expect(pods[0]?.readySinceMs).toBeGreaterThan(Date.UTC(2020, 0));
      const seen = await client.list<Node, ReturnType<typeof nodeView>>(paths.nodes(), { project: nodeView });
      const own = seen.items.filter((node) => nodes.names.includes(node.name));
      expect(own.map((node) => [node.ready, node.labels['topology.kubernetes.io/zone']]).sort()).toEqual([
        [true, 'zone-a'],
        [true, 'zone-b'],
      ]);
    } finally {
      await nodes.remove();
    }
  });
});
