import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ResolvedCommit } from '../../../activities/contract.ts';
import { createGitActivities } from '../../../activities/git/activities.ts';
import { GitError } from '../../../activities/git/git-error.ts';
import { createRefLists, type RefLists } from '../../../activities/git/ref-lists.ts';
import type { Remotes } from '../../../activities/git/remote.ts';
import { lookUp } from '../../../activities/git/resolve.ts';
import type { GitRunner } from '../../../activities/git/run.ts';
import type { GitStore } from '../../../activities/git/store.ts';

/** A server that answers when the test lets it. */
interface Asked {
  answer(commit: string): void;
  fail(error: Error): void;
  signal: AbortSignal | undefined;
  args: readonly string[];
}

let nowMs: number;
let asked: Asked[];
let lists: RefLists;
const repo = 'https://git.example.com/x';

beforeEach(() => {
  nowMs = 1_000_000;
  asked = [];
  const git: GitRunner = {
    run: (args, { signal }) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        const answer = (commit: string): void => resolve(Buffer.from(`${commit}\trefs/heads/main\n`));
        asked.push({ answer, fail: reject, signal, args });
      }),
  };
  const remotes: Remotes = {
    reach: (address, _signal, work) => work({ address, config: [], env: {} }),
    movedTo: () => undefined,
  };
  lists = createRefLists({ git, remotes, cwd: '/', timeoutMs: 1_000, now: () => nowMs });
});
afterEach(() => {
  for (const { fail } of asked) fail(new Error('the test is over'));
});

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function first(index = 0): Promise<Asked> {
  await settled();
  const found = asked[index];
  if (found === undefined) throw new Error('git was not asked');
  return found;
}
const main = async (work: ReturnType<RefLists['all']>): Promise<string | undefined> =>
  (await work).refs.get('refs/heads/main');

test('who asks while a question is on its way gets the answer to the next one, together with all others', async () => {
  const one = main(lists.all(repo, 0));
  const before = await first();
  const others = Array.from({ length: 50 }, () => main(lists.all(repo, 0)));
  before.answer('old');
  expect(await one).toBe('old');
  (await first(1)).answer('new');
  expect(new Set(await Promise.all(others))).toEqual(new Set(['new']));
  expect(asked).toHaveLength(2);
});

test('who may have an older answer takes the one that is on its way, or the one that was kept', async () => {
  const one = main(lists.all(repo, 0));
  const poll = lists.all(repo, 60_000);
  (await first()).answer('a');
  expect([await one, await main(poll)]).toEqual(['a', 'a']);
  nowMs += 59_999;
  expect(await lists.all(repo, 60_000)).toMatchObject({ ageMs: 59_999 });
  expect(asked).toHaveLength(1);
  nowMs += 1;
  const next = main(lists.all(repo, 60_000));
  (await first(1)).answer('b');
  expect(await next).toBe('b');
});

test('another repository is another question', async () => {
  const works = [main(lists.all(repo, 60_000)), main(lists.all(`${repo}/y`, 60_000))];
  (await first(0)).answer('a');
  (await first(1)).answer('b');
  expect(await Promise.all(works)).toEqual(['a', 'b']);
});

test('a failure is told to everybody who waits and is not kept', async () => {
  const works = [lists.all(repo, 60_000), lists.all(repo, 60_000)];
  const results = Promise.allSettled(works);
  (await first()).fail(new GitError('failed', 'no'));
  expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const again = main(lists.all(repo, 60_000));
  (await first(1)).answer('a');
  expect(await again).toBe('a');
});

test('one who stops waiting does not stop the question of another; the last one does', async () => {
  const [stop, stopToo] = [new AbortController(), new AbortController()];
  const leaving = lists.all(repo, 60_000, stop.signal);
  const staying = lists.all(repo, 60_000, stopToo.signal);
  const asking = await first();
  stop.abort(new Error('enough'));
  await expect(leaving).rejects.toThrow('enough');
  expect(asking.signal?.aborted).toBe(false);
  stopToo.abort(new Error('enough too'));
  await expect(staying).rejects.toThrow('enough too');
  expect(asking.signal?.aborted).toBe(true);
  // And whoever comes after that is not told of the end of a question that was not his.
  const next = main(lists.all(repo, 60_000));
  (await first(1)).answer('a');
  expect(await next).toBe('a');
});

test('of a repository with too many refs to keep only the wanted one is asked for', async () => {
  const found = lookUp({ lists, repo, maxAgeMs: 0 }, { branch: 'main' });
  (await first()).fail(new GitError('tooMuch', 'git ls-remote wrote more than 16777216 bytes'));
  const narrow = await first(1);
  expect(narrow.args.slice(-2)).toEqual(['refs/heads/main', 'refs/heads/main^{}']);
  narrow.answer('a'.repeat(40));
  expect(await found).toEqual({ commit: 'a'.repeat(40), ageMs: 0 });
});

test('twenty applications of one repository ask its server once per interval, and see a push within it', async () => {
  const intervalMs = 60_000;
  const seen = 'a'.repeat(40);
  const unused = (): never => {
    throw new Error('is not asked for');
  };
  const git: GitStore = {
    lookUp: async (address, ref, signal, options) =>
      lookUp({ lists, repo: address, maxAgeMs: options?.maxAgeMs ?? 0, signal }, ref),
    describe: async (_repo, commit) => ({ commit, subject: 'x' }),
    resolve: unused,
    readFiles: unused,
    check: unused,
    list: unused,
    read: unused,
  };
  let head = seen;
  const applications = Array.from({ length: 20 }, (_, index) => {
    const { waitForNewCommit } = createGitActivities({ git, random: () => index / 20 });
    const look = async (): Promise<{ delayMs: number } | { commit: string }> => {
      const input = { repo, ref: { branch: 'main' }, lastSeen: seen, intervalMs };
      const work = new MockActivityEnvironment().run(waitForNewCommit, input);
      const answering = setInterval(() => {
        for (const { answer } of asked) answer(head);
      }, 1);
      try {
        return { commit: ((await work) as ResolvedCommit).commit };
      } catch (error) {
        const delayMs = error instanceof Error && 'nextRetryDelay' in error ? Number(error.nextRetryDelay) : Number.NaN;
        return { delayMs };
      } finally {
        clearInterval(answering);
      }
    };
    return { look, atMs: nowMs + index * 100 };
  });
  const endMs = nowMs + 10 * intervalMs;
  let pushedMs = 0;
  for (;;) {
    const next = applications.toSorted((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined) throw new Error('there is no application');
    nowMs = next.atMs;
    if (nowMs > endMs && head === seen) {
      expect(asked.length).toBeLessThanOrEqual(11);
      expect(asked.length).toBeGreaterThanOrEqual(8);
      head = 'b'.repeat(40);
      pushedMs = nowMs;
    }
    const found = await next.look();
    if ('commit' in found) break;
    expect(found.delayMs).toBeGreaterThan(0);
    next.atMs += found.delayMs;
  }
  expect(nowMs - pushedMs).toBeLessThanOrEqual(1.2 * intervalMs);
});
