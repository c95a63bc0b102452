import { describe, expect, test } from 'vitest';
import { readSchema } from '../../../../domain/application/parse-mapping.ts';
import { jobGate } from '../../../../domain/gates/kinds/job.ts';
import { nodesGate } from '../../../../domain/gates/kinds/nodes.ts';
import { podsGate } from '../../../../domain/gates/kinds/pods.ts';
import type { GatePod, GateScene, GateSchedule, NeighbourNode } from '../../../../domain/gates/types.ts';

const takenMs = 1_000_000;

const schedule: GateSchedule = {
  intervalMs: 1_000,
  count: 1,
  failureLimit: 0,
  consecutiveErrorLimit: 4,
  inconclusiveLimit: 3,
  initialDelayMs: 0,
  minSamples: 1,
};

function pod(node: string, more: Partial<GatePod> = {}): GatePod {
  const name = `agent-${node}`;
  return { node, name, uid: name, ip: null, zone: null, createdMs: takenMs, restarts: 0, available: true, ...more };
}

function scene(fresh: GatePod[], rest: GatePod[] = []): GateScene {
  const names = { cluster: 'prod', namespace: 'agents', daemonset: 'agent', commit: 'c', batch: 'canary' };
  return { ...names, nowMs: takenMs + 60_000, sinceMs: takenMs + 5_000, updated: fresh, fresh, rest };
}

const nodeNames = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, index) => `n${index + from}`);

describe('pods', () => {
  const judge = (
    pods: GatePod[],
    config: Partial<{ maxRestarts: number; maxUnavailable: number | `${number}%` }> = {},
  ) => podsGate.judge({ maxRestarts: 0, maxUnavailable: 0, ...config }, scene(pods), [], schedule);

  test.each([
    ['all are available', [pod('n1'), pod('n2')], {}, 'success'],
    ['one more restart than accepted', [pod('n1'), pod('n2', { restarts: 2 })], { maxRestarts: 1 }, 'failure'],
    ['just as many restarts as accepted', [pod('n1', { restarts: 1 })], { maxRestarts: 1 }, 'success'],
    ['one is unavailable', [pod('n1'), pod('n2', { available: false })], {}, 'failure'],
    [
      'one is unavailable and one may be',
      [pod('n1'), pod('n2', { available: false })],
      { maxUnavailable: 1 },
      'success',
    ],
    ['all are unavailable, whatever the limit', [pod('n1', { available: false })], { maxUnavailable: 1 }, 'failure'],
    [
      '10 % of 19 are one, and two are unavailable',
      [...nodeNames(17).map((name) => pod(name)), pod('a', { available: false }), pod('b', { available: false })],
      { maxUnavailable: '10%' as const },
      'failure',
    ],
    ['there are none', [], {}, 'inconclusive'],
  ] as const)('%s', (_name, pods, config, outcome) => {
    expect(judge([...pods], config).outcome).toBe(outcome);
  });

  test('it names the nodes', () => {
    const found = judge([pod('n1'), pod('n7', { restarts: 1 })]);
    expect(found).toMatchObject({ nodes: ['n7'], samples: 2 });
    expect(found.sentence).toBe('1 of 2 updated pods restarted more than 0 times: n7');
  });
});

describe('nodes', () => {
  const config = { maxFailing: 0, ignoreNamespaces: ['batch'] };
  const well = (node: string): NeighbourNode => ({
    node,
    bad: [],
    pods: [{ namespace: 'shop', name: 'web', ready: true }],
  });
  const down = (node: string, sinceMs: number, namespace = 'shop'): NeighbourNode => ({
    node,
    bad: [],
    pods: [{ namespace, name: 'web', ready: false, notReadySinceMs: sinceMs }],
  });
  const judge = (fresh: NeighbourNode[], rest: NeighbourNode[] = []) =>
    nodesGate.judge(
      config,
      scene(
        fresh.map(({ node }) => pod(node)),
        rest.map(({ node }) => pod(node)),
      ),
      [{ form: 'neighbours', nodes: [...fresh, ...rest] }],
      schedule,
    );

  test.each([
    ['all is well', [well('n1')], [], 'success'],
    ['a pod went down after ours was replaced', [down('n1', takenMs + 1)], [well('n9')], 'failure'],
    ['a pod was down long before', [down('n1', takenMs - 60_000)], [well('n9')], 'success'],
    ['a pod of an ignored namespace went down', [down('n1', takenMs + 1, 'batch')], [well('n9')], 'success'],
    [
      'untouched nodes show the same',
      [down('n1', takenMs + 1), well('n2')],
      [down('n8', takenMs + 1), well('n9')],
      'inconclusive',
    ],
    [
      'fewer untouched nodes show the same',
      [down('n1', takenMs + 1)],
      [down('n8', takenMs + 1), well('n9')],
      'failure',
    ],
    [
      'the node came under pressure',
      [{ ...well('n1'), bad: [{ type: 'DiskPressure', message: 'full', sinceMs: takenMs + 9 }] }],
      [],
      'failure',
    ],
    [
      'it was under pressure before',
      [{ ...well('n1'), bad: [{ type: 'DiskPressure', message: '', sinceMs: takenMs - 9_000 }] }],
      [],
      'success',
    ],
    [
      'a container of another pod ended',
      [{ ...well('n1'), pods: [{ namespace: 'shop', name: 'web', ready: true, endedMs: takenMs + 3 }] }],
      [],
      'failure',
    ],
    ['no node was touched', [], [well('n9')], 'inconclusive'],
  ] as const)('%s', (_name, fresh, rest, outcome) => {
    if (fresh.length === 0) {
      expect(nodesGate.judge(config, scene([]), [], schedule).outcome).toBe('inconclusive');
      return;
    }
    expect(judge([...fresh] as NeighbourNode[], [...rest] as NeighbourNode[]).outcome).toBe(outcome);
  });

  test('what could not be asked is an error, and the sentence says what happened where', () => {
    const answers = [{ form: 'problem', problem: 'no answer of the API server' }] as const;
    expect(nodesGate.judge(config, scene([pod('n1')]), answers, schedule).outcome).toBe('error');
    expect(judge([down('n1', takenMs + 1)], [well('n9')])).toMatchObject({
      sentence: '1 of 1 touched nodes suffer (n1); n1: shop/web is not ready any more',
      nodes: ['n1'],
    });
  });

  test('it asks for the batch and at most 100 untouched nodes, however many there are', () => {
    const rest = nodeNames(500, 10).map((name) => pod(name));
    const [request] = nodesGate.ask(config, scene([pod('n1')], rest));
    expect(request).toMatchObject({ form: 'neighbours' });
    expect(request?.form === 'neighbours' ? request.nodes.length : 0).toBe(101);
  });
});

describe('job', () => {
  const template = { spec: { containers: [{ name: 'smoke', image: 'smoke:1' }] } };
  const config = { template, withinMs: 60_000, nodes: 2 };
  const judge = (...succeeded: boolean[]) =>
    jobGate.judge(
      config,
      scene([]),
      [
        {
          form: 'job',
          ended: succeeded.map((good, at) => ({ node: `n${at + 1}`, succeeded: good, sentence: 'exit code 3' })),
        },
      ],
      schedule,
    );

  test.each([
    [[true, true], 'success'],
    [[true, false], 'failure'],
    [[], 'inconclusive'],
  ] as const)('Jobs that succeeded: %j', (succeeded, outcome) => {
    expect(judge(...succeeded).outcome).toBe(outcome);
  });

  test('it runs on at most so many nodes of the batch, and reads back what it writes', () => {
    const [request] = jobGate.ask(config, scene(nodeNames(5).map((name) => pod(name))));
    expect(request).toEqual({ form: 'job', nodes: ['n1', 'n2'], template, withinMs: 60_000 });
    expect(readSchema(jobGate.schema, jobGate.write?.(config))).toEqual({ value: config });
    expect(judge(true, false)).toMatchObject({
      nodes: ['n2'],
      sentence: 'the Job failed on 1 of 2 nodes (n2); n2: exit code 3',
    });
  });

  test('a Job that could not start says nothing of the release', () => {
    const problem = [{ form: 'problem', problem: 'the Job could not start' }] as const;
    expect(jobGate.judge(config, scene([]), problem, schedule).outcome).toBe('error');
  });
});
