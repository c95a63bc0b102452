import { expect, test } from 'vitest';
import { leavingNodes } from '../../../domain/rollout/leaving.ts';
import { anywhere, node, nodes } from './build.ts';

const ssd = { ...anywhere, nodeSelector: { disk: 'ssd' } };
const taint = (effect: 'NoSchedule' | 'NoExecute') => ({ taints: [{ key: 'gpu', value: '', effect }] });
const tolerant = { ...anywhere, tolerations: [{ key: 'gpu', operator: 'Exists' as const }] };

test('S1: a template that fits every node takes nobody away', () => {
  expect(leavingNodes(nodes(3), anywhere, anywhere, 1)).toBeNull();
  expect(leavingNodes([node('a', { labels: { disk: 'ssd' } })], anywhere, ssd, 1)).toBeNull();
});

test('S1: more nodes that leave than may be out are too many, and named', () => {
  const found = leavingNodes(nodes(8), anywhere, ssd, 2);
  expect(found?.tooMany).toBe(true);
  expect(found?.sentence).toContain('does not fit 8 of the 8 nodes');
  expect(found?.sentence).toContain('n00, n01, n02, n03, n04 and 3 more');
  expect(found?.sentence).toContain('only 2 may be out at once');
});

test.each([
  [2, false],
  ['50%', false],
  [1, true],
  ['25%', true],
])('S14: two of four that leave, %s out at most: refused %s', (maxUnavailable, tooMany) => {
  const four = [...nodes(2), ...['a', 'b'].map((name) => node(name, { labels: { disk: 'ssd' } }))];
  expect(leavingNodes(four, anywhere, ssd, maxUnavailable as number | `${number}%`)?.tooMany).toBe(tooMany);
});

test('S9: pods stay where only a NoSchedule taint is tolerated no more, and go where it is NoExecute', () => {
  expect(leavingNodes([node('a', taint('NoSchedule'))], tolerant, anywhere, 1)).toBeNull();
  expect(leavingNodes([node('a', taint('NoExecute'))], tolerant, anywhere, 1)).toMatchObject({ tooMany: false });
});
