import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GitActivities } from '../../../activities/contract.ts';
import { createGitActivities } from '../../../activities/git/activities.ts';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { NodewaveError } from '../../../domain/failures.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let git: GitStore;

beforeEach(() => {
  root = scratchFolder();
  repo = scratchRepo(`${root.dir}/repo`, { 'a.yaml': 'a: 1\n' });
  git = createGitStore({ cacheDir: `${root.dir}/cache` });
});
afterEach(() => root.remove());

const ref = { branch: 'main' };
const poll = (lastSeen: string): Parameters<GitActivities['waitForNewCommit']>[0] => ({
  repo: repo.dir,
  ref,
  lastSeen,
  intervalMs: 60_000,
});

async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error(`expected an ApplicationFailure, got ${String(error)}`);
  return error;
}

test('resolveRef gives commit and subject', async () => {
  const activities = createGitActivities({ git });
  const found = await new MockActivityEnvironment().run(activities.resolveRef, { repo: repo.dir, ref });
  expect(found).toEqual({ commit: repo.git('rev-parse', 'HEAD'), subject: 'first' });
});

test('waitForNewCommit returns a commit that it has not seen', async () => {
  const activities = createGitActivities({ git });
  const seen = repo.git('rev-parse', 'HEAD');
  const next = repo.commit('next');
  expect(await new MockActivityEnvironment().run(activities.waitForNewCommit, poll(seen))).toEqual({
    commit: next,
    subject: 'next',
  });
});

test.each([
  [0, 60_000],
  [0.5, 66_000],
  [1, 72_000],
])('without a new commit the next look is an interval away or a little later, jitter %d', async (random, delay) => {
  const activities = createGitActivities({ git, random: () => random });
  const seen = repo.git('rev-parse', 'HEAD');
  const failure = await failureOf(new MockActivityEnvironment().run(activities.waitForNewCommit, poll(seen)));
  expect(failure).toMatchObject({
    type: 'NoNewCommit',
    category: 'BENIGN',
    nextRetryDelay: delay,
    message: `still at ${seen.slice(0, 8)}`,
  });
  expect(failure.nonRetryable).not.toBe(true);
});

test.each([
  [
    'a ref that is gone',
    'renamed',
    { code: 'BadInput', message: expect.stringContaining('branch main has vanished from') },
  ],
  ['a git that cannot be asked', undefined, { code: 'Infrastructure' }],
])('%s ends the wait and says why', async (_what, renamed, expected) => {
  const seen = repo.git('rev-parse', 'HEAD');
  if (renamed !== undefined) repo.git('branch', '--move', 'main', renamed);
  const away: GitStore = {
    ...git,
    lookUp: () => Promise.reject(new NodewaveError('Infrastructure', 'git cannot reach it')),
  };
  const activities = createGitActivities({ git: renamed === undefined ? away : git });
  const waiting = new MockActivityEnvironment().run(activities.waitForNewCommit, poll(seen));
  await expect(waiting).rejects.toMatchObject(expected);
});

test('a cancelled wait ends as cancelled', async () => {
  const environment = new MockActivityEnvironment();
  const hanging: GitStore = {
    ...git,
    lookUp: (_repo, _ref, signal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  };
  const waiting = environment.run(createGitActivities({ git: hanging }).waitForNewCommit, poll('x'));
  environment.cancel('CANCELLED');
  await expect(waiting).rejects.toBeInstanceOf(CancelledFailure);
});

test('an answer that others got before the newest commit was seen is no news', async () => {
  const seen = repo.git('rev-parse', 'HEAD');
  const stale: GitStore = {
    ...git,
    lookUp: async (_repo, _ref, _signal, options) =>
      (options?.maxAgeMs ?? 0) > 0 ? { commit: 'f'.repeat(40), ageMs: 5_000 } : { commit: seen, ageMs: 0 },
  };
  const activities = createGitActivities({ git: stale, random: () => 0 });
  const failure = await failureOf(new MockActivityEnvironment().run(activities.waitForNewCommit, poll(seen)));
  expect(failure).toMatchObject({ type: 'NoNewCommit', nextRetryDelay: 60_000 });
});
