import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureWorkflowBundle } from '../../worker/bundle.ts';
import { fromJson, type RecordedHistory, readHistories } from './store.ts';

const dir = mkdtempSync(join(tmpdir(), 'nodewave-replay-'));
let codePath: string;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  codePath = await ensureWorkflowBundle(dir);
}, 120_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Replays on today's workflow code; the error of each history that it does not take. */
async function replay(histories: readonly RecordedHistory[]): Promise<Record<string, string>> {
  const failed: Record<string, string> = {};
  const ids = histories.map(({ name, generation, history }) => ({
    workflowId: `${generation}/${name}`,
    history: fromJson(history),
  }));
  const options = { workflowBundle: { codePath }, replayName: 'nodewave' };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, ids)) {
    if (error !== undefined) failed[workflowId] = error.message;
  }
  return failed;
}

const histories = readHistories();

describe('recorded histories', () => {
  test('there are some of every way that a rollout takes, and of an application that continued as new', () => {
    const names = histories.map(({ name }) => name);
    for (const way of [
      'installed',
      'approved-and-soaked',
      'rolled-back',
      'paused-and-resumed',
      'stopped-and-aborted',
      'judged-by-gates',
    ]) {
      expect(names.filter((name) => name.startsWith(`rollout-${way}`))).not.toEqual([]);
    }
    const application = histories.filter(({ name }) => name.startsWith('application-'));
    expect(application.length).toBeGreaterThan(1);
    const last = application[0]?.history.events.at(-1);
    expect(last?.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW');
  });

  test('replay on the workflow code of today: what runs now can go on after an update', async () => {
    expect(await replay(histories)).toEqual({});
  }, 120_000);

  test('one that this code would not make is refused, so the test above can fail', async () => {
    const [one] = histories.filter(({ name }) => name.startsWith('rollout-rolled-back'));
    const text = JSON.stringify(one).replaceAll('"openWindow"', '"promote"');
    expect(text).not.toBe(JSON.stringify(one));
    const failed = await replay([JSON.parse(text) as RecordedHistory]);
    expect(Object.values(failed)).toEqual([expect.stringMatching(/nondeterminism/i)]);
  }, 120_000);
});
