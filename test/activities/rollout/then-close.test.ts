import { expect, test } from 'vitest';
import type { ClusterClient } from '../../../activities/cluster/client.ts';
import type { BatchInput, BatchResult } from '../../../activities/contract.ts';
import { runThenClose } from '../../../activities/rollout/then-close.ts';
import { emptyRecord } from '../../../domain/record.ts';

const context = {
  ref: { cluster: 'local', namespace: 'n', name: 'agent' },
  application: 'app',
  holder: { rollout: 1, epoch: 1 },
};
const soaking = { context, thenClose: 'soaking' } as BatchInput;

/** What is called, in order, when the record is in `phase` and the batch ends with `verdict`. */
async function calls(input: BatchInput, phase: string, verdict: BatchResult['verdict']) {
  const seen: string[] = [];
  const record = { ...emptyRecord('app', 'uid'), phase };
  const found = { metadata: { resourceVersion: '1' }, data: { record: JSON.stringify(record) } };
  const client = { get: async () => found } as unknown as ClusterClient;
  const result = await runThenClose(
    { client },
    input,
    async () => {
      seen.push('batch');
      return { verdict } as BatchResult;
    },
    {
      open: async (again) => seen.push(`open in ${again.phase}`),
      close: async (then) => seen.push(`close in ${then.phase}`),
    },
  );
  return { seen, closed: result.windowClosed === true };
}

test('a batch that is done closes the window itself', async () => {
  expect(await calls(soaking, 'rolling', 'done')).toEqual({ seen: ['batch', 'close in soaking'], closed: true });
});

test('one that is not done leaves it to the workflow, which knows what comes next', async () => {
  for (const verdict of ['failed', 'stopped', 'edited', 'closed', 'attention'] as const) {
    expect(await calls(soaking, 'rolling', verdict)).toEqual({ seen: ['batch'], closed: false });
  }
});

test('what an attempt closed that could not tell so is opened again, or it would pass for an edit', async () => {
  const { seen } = await calls(soaking, 'soaking', 'done');
  expect(seen).toEqual(['open in rolling', 'batch', 'close in soaking']);
});

test('without a soak ahead the window stays open', async () => {
  expect(await calls({ context } as BatchInput, 'soaking', 'done')).toEqual({ seen: ['batch'], closed: false });
});
