import { expect, test } from 'vitest';
import { disagreement } from '../../../domain/cluster/agreement.ts';
import { anywhere, node, nodes } from '../rollout/build.ts';

const podsOn = (names: string[]) => new Set(names);
const all = nodes(3).map((one) => one.name);

test('S1: nothing is said while the controller counts the same', () => {
  expect(disagreement({ desired: 3, nodes: nodes(3), podNodes: podsOn([]), scheduling: anywhere })).toBeNull();
});

test('S1: a mismatch names both numbers and the nodes where it may come from', () => {
  const tainted = node('x', { taints: [{ key: 'k', effect: 'NoSchedule' }] });
  const evicted = node('y', { taints: [{ key: 'k', effect: 'NoExecute' }] });
  const seen = { nodes: [...nodes(3), tainted, evicted], scheduling: anywhere };
  expect(disagreement({ ...seen, desired: 5, podNodes: podsOn([...all.slice(1), 'x', 'y']) })).toBe(
    'the DaemonSet controller counts 5 nodes for the live template, Nodewave 3: look at n00 (eligible, no pod), ' +
      'x (a pod, but no new one would be made), y (a pod, but not eligible)',
  );
  expect(disagreement({ ...seen, desired: 9, podNodes: podsOn(all) })).toContain('no node stands out');
});

test('S1, S10: nodes whose taint the controller has not counted yet explain a difference, others do not', () => {
  const tainted = node('x', { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] });
  const seen = { nodes: [...nodes(3), tainted], scheduling: anywhere };
  expect(disagreement({ ...seen, desired: 4, podNodes: podsOn([...all, 'x']) })).toBeNull();
  expect(disagreement({ ...seen, desired: 5, podNodes: podsOn([...all, 'x']) })).not.toBeNull();
  expect(disagreement({ ...seen, desired: 4, podNodes: podsOn(all) })).not.toBeNull();
  // It has just lost its taint.
  expect(disagreement({ ...seen, desired: 2, podNodes: podsOn(all) })).toBeNull();
  expect(disagreement({ ...seen, desired: 2, podNodes: podsOn(all.slice(1)) })).not.toBeNull();
});

test('S1: of many nodes five are named', () => {
  const why = disagreement({ desired: 0, nodes: nodes(20), podNodes: podsOn([]), scheduling: anywhere });
  expect(why).toMatch(/n04 \(eligible, no pod\) and 15 more$/);
});
