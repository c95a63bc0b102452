import { describe, expect, test } from 'vitest';
import type { ClusterClient } from '../../../activities/cluster/client.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { agreedNodes } from '../../../activities/rollout/agree.ts';
import type { RolloutCall } from '../../../activities/rollout/call.ts';
import { roomNote } from '../../../activities/rollout/room.ts';

const context = {
  ref: { cluster: 'c', namespace: 'ops', name: 'agent' },
  application: 'app',
  holder: { rollout: 1, epoch: 1 },
};

/** A cluster of which lists and one DaemonSet can be read; `reads` counts how often the DaemonSet was. */
function cluster(lists: Record<string, object[]>, daemonSet: object = {}, reads: (() => object)[] = []) {
  let count = 0;
  const client = {
    get: async () => reads[Math.min(count++, reads.length - 1)]?.() ?? daemonSet,
    list: async (path: string, { project }: { project: (item: object) => unknown }) => ({
      items: (lists[path] ?? []).map(project),
      resourceVersion: '1',
    }),
  };
  const call = { client: client as unknown as ClusterClient, attempt: 1, signal: new AbortController().signal };
  return { call: call as unknown as RolloutCall, reads: () => count };
}

const rawNode = (name: string, cpu = '4') => ({
  metadata: { name, uid: `u-${name}` },
  status: { conditions: [{ type: 'Ready', status: 'True' }], allocatable: { cpu, memory: '8Gi' } },
});

describe('before anything is planned', () => {
  const live = (desiredNumberScheduled: number, observedGeneration = 2) => ({
    metadata: {
      name: 'agent',
      namespace: 'ops',
      uid: 'd',
      generation: 2,
      annotations: { 'nodewave.dev/application': 'app' },
    },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: { spec: {} } },
    status: { desiredNumberScheduled, observedGeneration },
  });
  const lists = { [paths.nodes()]: [rawNode('a'), rawNode('b')], [paths.pods('ops')]: [] };

  test('S1: the nodes are taken once the controller counts the same, though it was a moment late', async () => {
    const { call, reads } = cluster(lists, {}, [() => live(1), () => live(1), () => live(2)]);
    expect((await agreedNodes(call, context, 1)).map((node) => node.name)).toEqual(['a', 'b']);
    expect(reads()).toBe(3);
  });

  test("S1: else planning holds, which is nobody's failure, with both numbers and where to look", async () => {
    const { call } = cluster(lists, live(5));
    await expect(agreedNodes(call, context, 1)).rejects.toMatchObject({
      code: 'Infrastructure',
      message: expect.stringMatching(
        /counts 5 nodes for the live template, Nodewave 2: look at a \(eligible, no pod\), b/,
      ),
    });
  });

  test('S33: a count of an older generation is no count', async () => {
    const { call } = cluster(lists, live(2, 1));
    await expect(agreedNodes(call, context, 1)).rejects.toMatchObject({
      code: 'Infrastructure',
      message: expect.stringContaining('seen generation 1 of 2'),
    });
  });
});

describe('S20: the plan tells where what the new template requests does not fit', () => {
  const template = (cpu: string) => ({ spec: { containers: [{ resources: { requests: { cpu } } }] } });
  const rawPod = (nodeName: string, cpu: string, owner: string) => ({
    metadata: { name: `${nodeName}-${cpu}`, ownerReferences: [{ uid: owner }] },
    spec: { nodeName, containers: [{ resources: { requests: { cpu } } }] },
  });
  const lists = {
    [paths.nodes()]: [rawNode('a'), rawNode('b'), rawNode('c', '1'), rawNode('elsewhere', '1')],
    [paths.allPods()]: [
      rawPod('a', '3', 'web'),
      rawPod('a', '1', 'd'),
      rawPod('b', '2', 'web'),
      rawPod('b', '500m', 'd'),
    ],
  };
  const given = { eligible: new Set(['a', 'b', 'c']), before: template('500m'), daemonSetUid: 'd' };

  test('counting what other pods request, not its own', async () => {
    const { call } = cluster(lists);
    expect(await roomNote(call, { ...given, after: template('1') })).toBeNull();
    expect(await roomNote(call, { ...given, after: template('2') })).toBe(
      'What the new template requests does not fit beside other pods on 2 nodes (a, c): its pods would stay Pending there.',
    );
  });

  test('and reads no pod when nothing more is requested than before', async () => {
    const { call } = cluster({ ...lists, [paths.allPods()]: [rawPod('a', '99', 'web')] });
    expect(await roomNote(call, { ...given, after: template('500m') })).toBeNull();
    expect(await roomNote(call, { ...given, before: null, after: template('500m') })).toContain('one node (a)');
  });
});
