import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import { blameOf, spreadOf } from '../../../domain/diagnosis/scope.ts';
import type { Alike, Blame, Group } from '../../../domain/diagnosis/types.ts';
import { type Case, evidenceOf } from './gallery/case.ts';

const crash: Case = {
  cause: 'Crash',
  source: '',
  waiting: ['CrashLoopBackOff'],
  ended: [1],
  log: ['it did not work out'],
};
const pressed: Case = {
  ...crash,
  node: [['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure']],
};
const away: Case = {
  ...crash,
  node: [['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']],
};

function pool(value: string, failing: number, updated: number, rest = 0, restFailing = 0): Group {
  return { key: 'pool', value, failing, updated, rest, restFailing };
}

function alike(failing: number, updated: number, rest: number, restFailing: number, ...groups: Group[]): Alike {
  return { updated, failing, rest, restFailing, groups };
}

const blame = (one: Case, counts: Alike): Blame => blameOf(evidenceOf(one, counts));

describe('a bad release is told apart from a bad node', () => {
  test.each<[string, Alike]>([
    ['all updated nodes of two pools', alike(4, 4, 20, 0, pool('cpu', 2, 2), pool('gpu', 2, 2))],
    ['most updated nodes of two pools', alike(3, 5, 20, 0, pool('cpu', 1, 3), pool('gpu', 2, 2))],
    ['few updated nodes, yet of different pools', alike(2, 10, 20, 0, pool('cpu', 1, 5), pool('gpu', 1, 5))],
    ['all updated nodes of the only pool', alike(3, 3, 20, 0, pool('cpu', 3, 3))],
    ['all updated nodes, and pools are not known', alike(3, 3, 20, 0)],
  ])('release: %s fail while the others are well', (_, counts) => {
    expect(blame(crash, counts)).toBe('release');
  });

  test.each<[string, Case, Alike]>([
    ['it is under pressure', pressed, alike(1, 10, 5, 0)],
    ['it is not ready', away, alike(1, 3, 5, 0)],
    [
      'others of its pool fail on last good as well',
      crash,
      alike(1, 10, 8, 2, pool('old', 1, 2, 3, 2), pool('new', 0, 8, 5, 0)),
    ],
  ])('node: one of many updated nodes fails, and %s', (_, one, counts) => {
    expect(blame(one, counts)).toBe('node');
  });

  test.each<[string, Case, Alike]>([
    ['a canary of one node', crash, alike(1, 1, 11, 0)],
    ['a canary of one node that is under pressure', pressed, alike(1, 1, 11, 0)],
    ['one of two updated nodes that is under pressure', pressed, alike(1, 2, 11, 0)],
    ['one of many updated nodes that shows nothing else', crash, alike(1, 10, 5, 0)],
    ['nodes on last good are not well either', crash, alike(4, 4, 20, 3, pool('cpu', 4, 4))],
    ['no node is left on last good', crash, alike(4, 4, 0, 0)],
    ['just one pool of several fails', crash, alike(3, 9, 20, 0, pool('gpu', 3, 3), pool('cpu', 0, 6))],
    [
      'most updated nodes fail, and they are just one pool of several',
      crash,
      alike(6, 8, 20, 0, pool('gpu', 6, 6), pool('cpu', 0, 2)),
    ],
    ['few of many in one pool', crash, alike(2, 30, 20, 0, pool('cpu', 2, 30))],
    ['nobody has counted', crash, alike(0, 0, 0, 0)],
  ])('unclear: %s', (_, one, counts) => {
    expect(blame(one, counts)).toBe('unclear');
  });
});

describe('what this release changes speaks for it', () => {
  const noImage: Case = {
    cause: 'ImageMissing',
    source: '',
    waiting: ['ErrImagePull', 'reading manifest 2.0 in registry.example/agent: manifest unknown'],
  };
  const first = (one: Case, counts: Alike) => diagnose(evidenceOf(one, counts))[0];

  test('where comparing nodes cannot tell, and the cause is sure', () => {
    const found = first(noImage, alike(1, 1, 11, 0));
    expect(found?.blame).toBe('release');
    expect(found?.evidence.at(-1)).toContain('this release changes spec.template.spec.containers[agent].image');
  });

  test('not where others are unwell, or the cause is not sure', () => {
    expect(first(noImage, alike(1, 1, 11, 1))?.blame).toBe('unclear');
    expect(first(crash, alike(1, 1, 11, 0))?.blame).toBe('unclear');
  });

  test('never against what comparing nodes says', () => {
    expect(first({ ...noImage, node: pressed.node }, alike(1, 10, 5, 0))?.blame).toBe('node');
  });

  test('a name that cannot be one is the release whatever the nodes are like', () => {
    const one: Case = {
      cause: 'InvalidImageName',
      source: '',
      waiting: ['InvalidImageName', 'invalid reference format'],
    };
    expect(first(one, alike(1, 10, 5, 5))?.blame).toBe('release');
  });
});

test.each<[Alike, string]>([
  [alike(3, 3, 0, 0, pool('gpu', 3, 3)), '3 of 3 updated nodes, all in pool gpu'],
  [
    alike(3, 9, 20, 0, pool('gpu', 3, 3), pool('cpu', 0, 6)),
    '3 of 9 updated nodes, all in pool gpu; all 20 others are well',
  ],
  [alike(4, 4, 1, 0, pool('cpu', 2, 2), pool('gpu', 2, 2)), '4 of 4 updated nodes, in 2 pools; the other one is well'],
  [alike(1, 1, 11, 2), '1 of 1 updated node; 2 of 11 others are not well either'],
  [alike(1, 4, 3, 0, pool('gpu', 1, 1), pool('cpu', 0, 3)), '1 of 4 updated nodes, in pool gpu; all 3 others are well'],
  [
    alike(2, 2, 3, 0, { key: 'arch', value: 'arm64', failing: 2, updated: 2 }),
    '2 of 2 updated nodes, all in arch arm64; all 3 others are well',
  ],
  [alike(0, 0, 3, 0), 'no node is on the new template'],
])('spread in words: %j', (counts, words) => {
  expect(spreadOf(evidenceOf(crash, counts))).toBe(words);
});
