import { expect, test } from 'vitest';
import type { NodewaveClient } from '../../client/index.ts';
import { preview } from './fixtures.ts';
import { clientError, invoke } from './harness.ts';

const well: Partial<NodewaveClient> = {
  config: { address: 'temporal:7233', namespace: 'default' } as NodewaveClient['config'],
  check: async () => undefined,
  verifySearchAttributes: async () => ({ registered: [] }),
  pollers: async () => [{ identity: 'worker-1', silentMs: 10 }],
  listApplicationNames: async () => [{ name: 'agents' }] as Awaited<ReturnType<NodewaveClient['listApplicationNames']>>,
};

test('everything that works is said, and what a plan warns of', async () => {
  const base = preview();
  const pin = '"exposure: pin" needs Kubernetes 1.36 or newer';
  const { code, out } = await invoke(['doctor'], {
    ...well,
    preview: async () => ({ ...base, plan: { ...base.plan, warnings: [pin] } }),
  });
  expect(code).toBe(0);
  expect(out).toContain('temporal            ok     temporal:7233, namespace default');
  expect(out).toContain('workers             ok     worker-1');
  expect(out).toContain(`application agents  warn   ${pin}`);
});

test('what fails names its cure, and the rest is looked at all the same', async () => {
  const { code, json } = await invoke(['doctor', 'agents', '-o', 'json'], {
    ...well,
    pollers: async () => [],
    verifySearchAttributes: async () => {
      throw clientError('setup', 'search attribute NodewavePhase is missing', 'Register it.');
    },
    preview: async () => {
      throw clientError('noWorker', 'nobody answers', 'Start a worker.');
    },
  });
  expect(code).toBe(1);
  expect(json<{ checks: { check: string; state: string; what: string }[] }>().checks).toEqual([
    { check: 'temporal', state: 'ok', what: 'temporal:7233, namespace default' },
    { check: 'search attributes', state: 'failed', what: 'search attribute NodewavePhase is missing. Register it.' },
    { check: 'workers', state: 'failed', what: 'nobody polls task queue "nodewave". Start a worker.' },
    { check: 'application agents', state: 'failed', what: 'nobody answers. Start a worker.' },
  ]);
});
