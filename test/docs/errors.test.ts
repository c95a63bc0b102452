import { expect, test } from 'vitest';
import { exitCodes } from '../../cli/errors.ts';
import type { PodView } from '../../domain/cluster/view.ts';
import { failureCodes } from '../../domain/failures.ts';
import { judgePod } from '../../domain/rollout/judge.ts';
import { markdownFile, tableRows } from './markdown.ts';

const firstCells = (path: string): string[] => tableRows(markdownFile(path)).map(([cell = '']) => cell);

test.each(failureCodes)('failure code %s has its row', (code) => {
  expect(firstCells('docs/errors.md')).toContain(`\`${code}\``);
});

test('exit codes are those of the command line', () => {
  const documented = firstCells('docs/errors.md').filter((cell) => /^\d$/.test(cell));
  expect(documented.map(Number).sort()).toEqual(Object.values(exitCodes).sort());
});

/** Reasons with which a kubelet lets a container wait. */
const waitingReasons = [
  'ContainerCreating',
  'PodInitializing',
  'CrashLoopBackOff',
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'InvalidImageName',
  'ImageInspectError',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'PreCreateHookError',
  'PreStartHookError',
  'PostStartHookError',
];

test('waiting reasons that fail at once are those of the gates, and no others', () => {
  const cell = firstCells('docs/rollout.md').find((text) => text.includes('CrashLoopBackOff')) ?? '';
  const reasons = [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '');
  const limits = { readyWithinMs: 60_000, maxRestarts: 2, restartsBefore: 0, seenSinceMs: 0 };
  const waiting = (waitingReason: string): PodView => ({
    name: 'agent-x',
    uid: 'pod',
    resourceVersion: '1',
    node: 'node-1',
    hash: 'new',
    createdMs: 1_000,
    phase: 'Pending',
    ready: false,
    containers: [{ name: 'agent', init: false, image: 'agent:2', restartCount: 0, waitingReason }],
  });
  const fatal = waitingReasons.filter((reason) => judgePod(waiting(reason), false, limits, 1_001)?.cause === reason);
  expect(reasons.sort()).toEqual(fatal.sort());
});
