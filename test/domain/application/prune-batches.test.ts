import { describe, expect, test } from 'vitest';
import { nextPruneMove, type PruneView, pruneBatchSize } from '../../../domain/application/prune-batches.ts';
import type { NodeView, PodView } from '../../../domain/cluster/view.ts';
import type { Pruning } from '../../../domain/record.ts';

const nowMs = 1_000_000;
const rules = { inBatches: '25%' as const, pauseMs: 30_000, seed: 'uid-1' };

function node(index: number, change: Partial<NodeView> = {}): NodeView {
  return {
    name: `n${index}`,
    uid: `node-${index}`,
    labels: {},
    taints: [],
    unschedulable: false,
    ready: true,
    ...change,
  };
}

function pod(index: number, change: Partial<PodView> = {}): PodView {
  return {
    name: `old-${index}`,
    uid: `pod-${index}`,
    resourceVersion: '1',
    node: `n${index}`,
    hash: 'h1',
    createdMs: 0,
    phase: 'Running',
    ready: true,
    containers: [],
    ...change,
  };
}

const ending = { terminatingUntilMs: nowMs + 1_000 };
const away = { ready: false, notReadySinceMs: nowMs - 5_000 };

const indices = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => index + from);

interface Given {
  nodes?: NodeView[];
  pods: PodView[];
  pruning?: Partial<Pruning>;
}

function move({ nodes = indices(12).map((index) => node(index)), pods, pruning = {} }: Given) {
  const state: Pruning = { selector: 'app=old', total: 12, batch: [], goneMs: null, taken: [], ...pruning };
  const view: PruneView = { nowMs, nodes, pods, pruning: state };
  return nextPruneMove(rules, view);
}

test.each([
  ['25%' as const, 12, 3],
  ['10%' as const, 12, 2],
  ['1%' as const, 12, 1],
  ['100%' as const, 12, 12],
  [5, 12, 5],
  [50, 12, 50],
  ['10%' as const, 0, 1],
])('S3: batches of %s of %i pods have %i: rounded up, at least 1', (inBatches, total, size) => {
  expect(pruneBatchSize(inBatches, total)).toBe(size);
});

describe('what is taken', () => {
  test('S2: a batch in an order that every worker finds, with the uids of its nodes', () => {
    const pods = indices(12).map((index) => pod(index));
    const first = move({ pods });
    expect(first).toMatchObject({ do: 'take' });
    if (first.do !== 'take') return;
    expect(first.pods).toHaveLength(3);
    expect(first.nodes).toEqual(first.pods.map(({ uid }) => uid.replace('pod', 'node')));
    expect(move({ pods: pods.toReversed() })).toEqual(first);
    expect(
      first.pods.map(({ uid }) => uid),
      'not simply the first ones',
    ).not.toEqual(['pod-0', 'pod-1', 'pod-2']);
  });

  test('the size is that of the beginning: a quarter of 12 also when 5 are left, and no more than there are', () => {
    const gone = { goneMs: nowMs - 30_000 };
    const left = (count: number) => move({ pods: indices(count).map((index) => pod(index)), pruning: gone });
    expect(left(5)).toMatchObject({ do: 'take', pods: { length: 3 } });
    expect(left(2)).toMatchObject({ do: 'take', pods: { length: 2 } });
  });

  test('S10: pods on nodes that are NotReady or unknown go last, and their nodes are not held against pruning later', () => {
    const nodes = [node(0, away), node(1), node(2, away), node(3), node(4)];
    const pods = indices(6).map((index) => pod(index));
    const first = move({ nodes, pods });
    expect(first.do === 'take' && first.pods.map(({ node }) => node).sort()).toEqual(['n1', 'n3', 'n4']);
    const last = move({ nodes, pods: [pod(0), pod(2), pod(5)], pruning: { taken: ['node-1', 'node-3', 'node-4'] } });
    expect(last).toMatchObject({ do: 'take', pods: { length: 3 }, nodes: [] });
  });

  test('S13, S17: an interrupted batch is finished with its own pods, and none that is ending is deleted again', () => {
    const pods = [pod(0, ending), pod(1), pod(2), pod(3)];
    const batch = ['pod-0', 'pod-1', 'pod-2'];
    expect(move({ pods, pruning: { batch } })).toEqual({ do: 'remove', pods: [pod(1), pod(2)] });
  });
});

describe('what is waited for', () => {
  test('pods that are ending, before the pause begins', () => {
    const pods = [pod(0, ending), pod(1)];
    expect(move({ pods, pruning: { batch: ['pod-0'] } })).toEqual({ do: 'wait', pods: [pod(0, ending)] });
    expect(move({ pods: [pod(1)], pruning: { batch: ['pod-0'] } })).toEqual({ do: 'close' });
  });

  test('pods that somebody else has deleted count like our own', () => {
    expect(move({ pods: [pod(0, ending), pod(1)] })).toMatchObject({ do: 'wait' });
  });

  test('the pause to its very end', () => {
    const at = (goneMs: number) => move({ pods: [pod(1)], pruning: { goneMs } });
    expect(at(nowMs - 29_999)).toEqual({ do: 'rest', untilMs: nowMs + 1 });
    expect(at(nowMs - 30_000)).toMatchObject({ do: 'take' });
  });

  test('no pause before the first batch, and none after the last', () => {
    expect(move({ pods: [pod(1)] })).toMatchObject({ do: 'take' });
    expect(move({ pods: [], pruning: { goneMs: nowMs } })).toEqual({ do: 'done', onAwayNodes: [] });
  });

  test('a pod that cannot end because its node is away is not waited for, and named in the end', () => {
    const nodes = [node(0, away), node(1)];
    const lost = pod(0, ending);
    expect(move({ nodes, pods: [lost, pod(1)] })).toMatchObject({ do: 'take', pods: [pod(1)] });
    expect(move({ nodes, pods: [lost], pruning: { batch: ['pod-0'] } })).toEqual({ do: 'close' });
    expect(move({ nodes, pods: [lost], pruning: { taken: ['node-1'] } })).toEqual({ do: 'done', onAwayNodes: [lost] });
  });
});

describe('what stops it', () => {
  const taken = ['node-0', 'node-1', 'node-2', 'node-3'];
  const pods = indices(8, 4).map((index) => pod(index));
  const withAway = (...names: number[]): NodeView[] =>
    indices(12).map((index) => node(index, names.includes(index) ? away : {}));
  const gone = { goneMs: nowMs - 60_000, taken };

  test('S21: nodes that lost their pod and then turned NotReady, by name', () => {
    expect(move({ nodes: withAway(1), pods, pruning: gone })).toEqual({ do: 'stop', nodes: ['n1'] });
    expect(move({ nodes: withAway(3, 0), pods, pruning: gone })).toEqual({ do: 'stop', nodes: ['n0', 'n3'] });
  });

  test('also in the middle of a batch', () => {
    const pruning = { ...gone, goneMs: nowMs, batch: ['pod-4', 'pod-5'] };
    expect(move({ nodes: withAway(1), pods, pruning })).toMatchObject({ do: 'stop' });
  });

  test('not a node that still has its pod, not one that is back, and not one with the same name and another uid', () => {
    expect(move({ nodes: withAway(4), pods, pruning: gone })).toMatchObject({ do: 'take' });
    expect(move({ pods, pruning: gone })).toMatchObject({ do: 'take' });
    const anew = withAway().map((one) => (one.name === 'n1' ? node(1, { ...away, uid: 'other' }) : one));
    expect(move({ nodes: anew, pods, pruning: gone })).toMatchObject({ do: 'take' });
  });

  test('not before the pause is over: a blip in it is forgiven', () => {
    const pruning = { ...gone, goneMs: nowMs - 1_000 };
    expect(move({ nodes: withAway(1), pods, pruning })).toMatchObject({ do: 'rest' });
  });

  test('what a person has accepted does not stop it again, what came later does', () => {
    const accepted = (acceptedMs: number) => move({ nodes: withAway(1), pods, pruning: { ...gone, acceptedMs } });
    expect(accepted(nowMs - 5_000)).toMatchObject({ do: 'take' });
    expect(accepted(nowMs - 5_001)).toMatchObject({ do: 'stop' });
  });

  test('S34: a third of the nodes NotReady, others among them, is an outage: it holds, and stops nothing', () => {
    const outage = move({ nodes: withAway(1, 5, 6, 7), pods, pruning: gone });
    expect(outage).toEqual({
      do: 'hold',
      sentence: '4 of 12 nodes are NotReady; nothing is deleted or judged until they are back',
    });
    const own = move({ nodes: withAway(0, 1, 2, 3), pods, pruning: gone });
    expect(own, 'only nodes without the agent: that is no outage').toEqual({
      do: 'stop',
      nodes: ['n0', 'n1', 'n2', 'n3'],
    });
  });

  test('nodes that never had the agent count for nothing', () => {
    const others = indices(30, 100).map((index) => node(index, away));
    expect(move({ nodes: [...withAway(), ...others], pods, pruning: gone })).toMatchObject({ do: 'take' });
  });
});
