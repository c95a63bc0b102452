import { expect, test, vi } from 'vitest';
import { applicationStatus, nowMs } from './fixtures.ts';
import { clientError, invoke } from './harness.ts';

const accepted = { accepted: true, message: 'The DaemonSets are given back and run on.', phase: 'syncing' } as const;
const note = { atMs: nowMs, by: 'nodewave', what: 'DaemonSet monitoring/agent keeps running' };
const older = { atMs: nowMs - 60_000, by: 'nodewave', what: 'something older' };

test('waits until the DaemonSets are given back, and says what stays', async () => {
  const remove = vi.fn().mockResolvedValue(accepted);
  const applicationStatusOf = vi
    .fn()
    .mockResolvedValueOnce(applicationStatus({ phase: 'syncing' }))
    .mockRejectedValueOnce(clientError('timeout'))
    .mockResolvedValue(applicationStatus({ phase: 'removed', log: [older, note] }));
  const { code, out } = await invoke(['delete', 'agents', '--by', 'ann', '--reason', 'moved'], {
    remove,
    applicationStatus: applicationStatusOf,
  });
  expect(code).toBe(0);
  expect(remove).toHaveBeenCalledWith('agents', { by: 'ann', reason: 'moved', mode: 'orphan' });
  expect(out).toBe(
    'application agents is deleted; every object that it applied stays on the cluster, and the DaemonSets run on\n' +
      '  DaemonSet monitoring/agent keeps running\n',
  );
});

test('does not wait for ever', async () => {
  const { code, json } = await invoke(['delete', 'agents', '-o', 'json'], {
    remove: async () => accepted,
    applicationStatus: async () => applicationStatus({ phase: 'holding' }),
  });
  expect(code).toBe(0);
  expect(json()).toMatchObject({ accepted: true, removed: false, notes: [] });
});

test('what could not be given back is an error, with the reason', async () => {
  const { code, err } = await invoke(['delete', 'agents'], {
    remove: async () => accepted,
    applicationStatus: async () => applicationStatus({ phase: 'invalid', sentence: 'Somebody else owns it.' }),
  });
  expect(code).toBe(1);
  expect(err).toBe('error: application agents was not deleted: Somebody else owns it.\n');
});
