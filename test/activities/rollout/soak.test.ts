import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import type { ClusterClient } from '../../../activities/cluster/client.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import type { BatchInput, BatchResult } from '../../../activities/contract.ts';
import type { GateForms } from '../../../activities/gates/ask.ts';
import { createRolloutActivities } from '../../../activities/rollout/activities.ts';
import { annotations } from '../../../domain/ids.ts';
import { emptyRecord } from '../../../domain/record.ts';
import type { KeptSoak } from '../../../domain/rollout/soak-clock.ts';
import { batch } from '../../domain/rollout/build.ts';

const soakMs = 1_500;
const ref = { cluster: 'local', namespace: 'n', name: 'agent' };
const beganMs = Date.parse('2026-11-24T08:00:00Z');
const time = new Date(beganMs).toISOString();

/** One node, whose pod is on the target, is Ready since before the soak and has restarted so often. */
function clusterOf(restartCount: number): ClusterClient {
  const daemonSet = {
    metadata: { name: 'agent', namespace: 'n', uid: 'uid', annotations: { [annotations.application]: 'app' } },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: {}, updateStrategy: { type: 'OnDelete' } },
  };
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: time };
  const node = { metadata: { name: 'n1', uid: 'u-n1' }, status: { conditions: [ready] } };
  const pod = {
    metadata: {
      name: 'agent-a',
      uid: 'p1',
      resourceVersion: '1',
      creationTimestamp: time,
      labels: { 'controller-revision-hash': 'new' },
      ownerReferences: [{ uid: 'uid' }],
    },
    spec: { nodeName: 'n1' },
    status: {
      phase: 'Running',
      conditions: [ready],
      containerStatuses: [{ name: 'agent', image: 'agent:2', ready: true, restartCount }],
    },
  };
  const record = { ...emptyRecord('app', 'uid'), touched: ['u-n1'] };
  return {
    get: async (path: string) =>
      path === paths.daemonSet(ref)
        ? daemonSet
        : { metadata: { resourceVersion: '1' }, data: { record: JSON.stringify(record) } },
    list: async (path: string, { project }: { project: (raw: object) => unknown }) => {
      const raw = path === paths.nodes() ? [node] : path === paths.pods('n') ? [pod] : [];
      return { items: raw.map(project), resourceVersion: '1' };
    },
    watch: (...[, , , , onOpen]: Parameters<ClusterClient['watch']>) => {
      onOpen?.();
      return new Promise(() => undefined);
    },
  } as unknown as ClusterClient;
}

/** A second attempt of a soak that was to begin long ago, after the worker of the first one has died. */
async function takeOver(
  restartCount: number,
  soak: KeptSoak,
): Promise<{ result: BatchResult; tookMs: number; beats: unknown[] }> {
  const { watchSoak } = createRolloutActivities({
    clusterFor: () => clusterOf(restartCount),
    gateForms: {} as GateForms,
    render: async () => ({ objects: [], renderedDigest: '' }),
  });
  const input: BatchInput = {
    context: { ref, application: 'app', holder: { rollout: 1, epoch: 1 } },
    direction: 'forward',
    toHash: 'new',
    lastGoodHash: 'old',
    rules: [batch('100%', { soakMs })],
    batchIndex: 0,
    maxUnavailable: 1,
    readyWithinMs: 60_000,
    maxRestarts: 2,
    observeOnly: false,
    judgeAgain: false,
    ignoredNodes: [],
  };
  const beats: unknown[] = [];
  const activity = new MockActivityEnvironment({ attempt: 2, heartbeatDetails: { soak } });
  activity.on('heartbeat', (details: unknown) => beats.push(details));
  const startMs = performance.now();
  const result = (await activity.run(watchSoak, { batch: input, untilMs: beganMs + 60_000 })) as BatchResult;
  return { result, tookMs: performance.now() - startMs, beats };
}

test('S23: a worker that takes over a quiet soak whose time is over ends it', async () => {
  const { result, tookMs } = await takeOver(1, { untilMs: beganMs + 60_000, pods: [['p1', 1, beganMs]] });
  expect(result.verdict).toBe('done');
  expect(result.soakAnew).toBeUndefined();
  expect(tookMs).toBeLessThan(soakMs);
});

test('S23: a restart that the worker before it did not live to see starts the soak anew', async () => {
  const { result, tookMs, beats } = await takeOver(2, { untilMs: beganMs + 60_000, pods: [['p1', 1, beganMs]] });
  expect(result).toMatchObject({ verdict: 'done', soakAnew: { times: 1 } });
  expect(result.soakAnew?.why).toMatch(/^container agent on node n1 restarted/);
  expect(tookMs).toBeGreaterThanOrEqual(soakMs);
  expect(beats.at(-1), 'what the next worker would be told').toMatchObject({
    soak: { anew: { times: 1 }, pods: [['p1', 2, beganMs]] },
  });
});
