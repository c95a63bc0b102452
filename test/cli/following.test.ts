import { describe, expect, test, vi } from 'vitest';
import type { RolloutView } from '../../client/index.ts';
import type { ApplicationStatus, Outcome, SyncOutcome } from '../../domain/wire.ts';
import { applicationStatus, commit, rolloutView } from './fixtures.ts';
import { clientError, invoke } from './harness.ts';

const target = ['ds/log-agent', '-n', 'monitoring', '--cluster', 'prod'];

/** Answers one after another; the last one again and again. */
function answers<T>(...all: (T | Error)[]): () => Promise<T> {
  let next = 0;
  return async () => {
    const answer = all[Math.min(next++, all.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer as T;
  };
}

const lineAfterTime = (text: string) => text.split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\dZ {2}/, ''));

describe('status --watch', () => {
  const rolling = rolloutView({ phase: 'rolling', sentence: 'Batch 1/3 is being replaced.', progress: null });
  const end = (outcome: Exclude<Outcome, 'adopted'> | null, change: Partial<RolloutView> = {}) =>
    rolloutView({
      phase: outcome ?? 'rolling',
      outcome,
      sentence: `It is ${outcome}.`,
      running: false,
      accepts: [],
      ...change,
    });

  test('prints a line on each change and nothing twice', async () => {
    const rolloutStatus = answers<RolloutView>(rolling, rolling, end('succeeded'));
    const { code, out } = await invoke(['status', ...target, '--watch'], { rolloutStatus });
    expect(code).toBe(0);
    expect(lineAfterTime(out)).toEqual([
      'monitoring/log-agent  rolling: Batch 1/3 is being replaced.',
      'monitoring/log-agent  succeeded: It is succeeded.',
      '',
    ]);
  });

  test.each([
    ['installed', {}, 0],
    ['rolledBack', {}, 1],
    ['rolledBack', { mode: 'revert' }, 0],
    ['rollbackFailed', {}, 1],
    ['aborted', {}, 1],
    ['superseded', {}, 1],
    ['failed', {}, 1],
    [null, { execution: 'TERMINATED' }, 1],
  ] as const)('%s %j exits %d', async (outcome, change, code) => {
    expect((await invoke(['status', ...target, '-w'], { rolloutStatus: async () => end(outcome, change) })).code).toBe(
      code,
    );
  });

  test('goes on while nobody answers, and says so once', async () => {
    const away = clientError('noWorker', 'no worker polls');
    const rolloutStatus = answers<RolloutView>(rolling, away, away, end('succeeded'));
    const { code, out } = await invoke(['status', ...target, '--watch'], { rolloutStatus });
    expect(code).toBe(0);
    expect(out.match(/no answer, asking again: no worker polls/g)).toHaveLength(1);
  });

  test('has patience for minutes, not for ever', async () => {
    const away = clientError('unavailable', 'Temporal is away');
    const { code, err } = await invoke(['status', ...target, '--watch'], {
      rolloutStatus: answers<RolloutView>(rolling, away),
    });
    expect(code).toBe(3);
    expect(err).toContain('error: Temporal is away');
  });

  test('that cannot begin is an error of at least 2', async () => {
    const fails = (kind: 'notFound' | 'unavailable') => ({
      rolloutStatus: answers<RolloutView>(clientError(kind)),
      listRollouts: async () => [],
    });
    expect((await invoke(['status', ...target, '--watch'], fails('notFound'))).code).toBe(2);
    expect((await invoke(['status', ...target, '--watch'], fails('unavailable'))).code).toBe(3);
    expect((await invoke(['status', ...target], fails('notFound'))).code).toBe(1);
  });

  test('as JSON is one document: the end', async () => {
    const rolloutStatus = answers<RolloutView>(rolling, end('succeeded'));
    const { json, err } = await invoke(['status', ...target, '--watch', '-o', 'json'], { rolloutStatus });
    expect(json()).toMatchObject({ outcome: 'succeeded' });
    expect(err).toContain('Batch 1/3 is being replaced.');
  });
});

describe('sync --wait', () => {
  const accepted = { accepted: true, message: 'Asking git now.', phase: 'waiting' } as const;
  const rollout = { namespace: 'monitoring', name: 'log-agent', workflowId: 'w', commit };

  /** An application that rolls out and then comes to `outcome`. */
  function client(outcome: SyncOutcome['outcome']) {
    let requestId = '';
    let looks = 0;
    return {
      sync: vi.fn(async (_name: string, request: { requestId: string }) => {
        requestId = request.requestId;
        return accepted;
      }),
      applicationStatus: async (): Promise<ApplicationStatus> => {
        looks += 1;
        const other = {
          commit,
          subject: 'older',
          outcome: 'failed',
          cause: null,
          atMs: 0,
          requestIds: ['other'],
        } as const;
        if (looks < 3)
          return applicationStatus({
            phase: 'rollingOut',
            sentence: 'Rolling out.',
            rollouts: [rollout],
            recent: [{ ...other, requestIds: ['other'] }],
          });
        const mine = { commit, subject: 'Agent 1.4', outcome, cause: null, atMs: 1, requestIds: [requestId] };
        return applicationStatus({ recent: [mine] });
      },
      rolloutStatus: async () =>
        rolloutView({ phase: 'rolling', sentence: 'Batch 1/3 is being replaced.', progress: null }),
    };
  }

  test.each([
    ['succeeded', 0],
    ['unchanged', 0],
    ['configured', 0],
    ['adopted', 0],
    ['installed', 0],
    ['held', 1],
    ['superseded', 1],
    ['aborted', 1],
    ['rolledBack', 1],
    ['failed', 1],
    ['invalid', 1],
  ] as const)('%s exits %d', async (outcome, code) => {
    const result = await invoke(['sync', 'agents', '--wait', '-o', 'json'], client(outcome));
    expect(result.code).toBe(code);
    expect(result.json()).toMatchObject({ outcome, commit });
  });

  test('prints lines of the application and of its rollouts', async () => {
    const { out } = await invoke(['sync', 'agents', '--wait', '--reason', 'now'], client('succeeded'));
    expect(lineAfterTime(out)).toEqual([
      'agents  rollingOut: Rolling out.',
      'monitoring/log-agent  rolling: Batch 1/3 is being replaced.',
      'agents  waiting: Commit ab12cd3 is on cluster prod. Waiting for the next commit of branch main.',
      'application agents: commit ab12cd3 (Agent 1.4) succeeded',
      '',
    ]);
  });

  test('gives up after --timeout with 3, and says that it goes on', async () => {
    const never = { ...client('succeeded'), applicationStatus: async () => applicationStatus({ phase: 'syncing' }) };
    const { code, err } = await invoke(['sync', 'agents', '--wait', '--timeout', '1s'], never);
    expect(code).toBe(3);
    expect(err).toContain('has not ended within the time given by --timeout');
    expect(err).toContain('It goes on by itself');
  });

  test('without --wait it says where to look', async () => {
    const { code, out } = await invoke(['sync', 'agents'], client('succeeded'));
    expect(code).toBe(0);
    expect(out).toBe('application agents: Asking git now.\nWatch it: nodewave get agents, or add --wait\n');
  });
});
