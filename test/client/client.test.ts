import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClientError, connect, type NodewaveClient } from '../../client/index.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { ApplicationSpec } from '../../domain/application/spec.ts';
import { startTemporal, type TestTemporal } from '../support/temporal.ts';

let temporal: TestTemporal;
let client: NodewaveClient;

const spec = (name: string, cluster = 'prod'): ApplicationSpec => ({
  name,
  source: { repo: 'https://git.example.com/a/b.git', ref: { branch: 'main' }, path: '.', render: 'auto' },
  destination: { cluster, namespace: 'monitoring' },
  sync: { auto: true, intervalMs: 180_000, prune: false, drift: 'correct' },
  rollout: {
    batches: [{ name: 'all', nodes: '100%', soakMs: 0 }],
    maxUnavailable: null,
    readyWithinMs: 300_000,
    maxRestarts: 2,
    onFailure: 'rollback',
    promoteAfter: 'last',
  },
});

const changed = (deliveryId: string) => ({ deliveryId, source: 'webhook/github/main', refs: ['refs/heads/main'] });

async function failure(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
  throw new Error('it was expected to fail');
}

beforeAll(async () => {
  temporal = await startTemporal();
  client = await connect(temporal.config);
}, 120_000);

afterAll(async () => {
  await client?.close();
  await temporal?.stop();
});

describe('without a worker', () => {
  test('a push is accepted, because Temporal keeps the signal', async () => {
    await client.changed('early', changed('d1'));
    await waitFor(async () => (await client.listApplicationNames()).some((entry) => entry.name === 'early'), {
      timeoutMs: 10_000,
      what: 'the application in the list',
    });
  });

  test('a report is kept as well, and an application that nobody has made is not made by one', async () => {
    const report = { commit: 'a'.repeat(40), check: 'e2e-tests', outcome: 'passed' as const, by: 'ann', atMs: 1 };
    await client.report('early', report);
    const error = await failure(client.report('nobody', report));
    expect(error).toMatchObject({ kind: 'notFound', message: 'there is no application "nobody"' });
    expect(error.cure).toContain('nodewave get');
  });

  test('a question says that no worker runs, not that the server is away', async () => {
    const error = await failure(client.applicationStatus('early'));
    expect(error.kind).toBe('noWorker');
    expect(error.message).toContain('nobody polls task queue "nodewave" in namespace "default"');
  }, 30_000);
});

describe('with a worker', () => {
  let worker: Worker;
  let running: Promise<void>;

  beforeAll(async () => {
    worker = await Worker.create({
      connection: temporal.env.nativeConnection,
      namespace: temporal.config.namespace,
      taskQueue: 'nodewave',
      workflowsPath: new URL('./workflows.ts', import.meta.url).pathname,
    });
    running = worker.run();
  }, 60_000);

  afterAll(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  });

  test('apply creates an application and changes it the second time', async () => {
    expect(await client.configure(spec('one'), 'ann')).toMatchObject({ accepted: true, message: 'configured' });
    expect(await client.configure(spec('one'), 'bob')).toMatchObject({ accepted: true });
    expect(await client.applicationStatus('one')).toMatchObject({ name: 'one', configuredBy: 'bob' });
  });

  test("a validator's sentence arrives as it was written", async () => {
    const error = await failure(client.configure(spec('two', 'nowhere'), 'ann'));
    expect(error).toMatchObject({ kind: 'refused', message: 'there is no cluster "nowhere"' });
  });

  test('a signal reaches the running application', async () => {
    await client.configure(spec('three'), 'ann');
    await client.changed('three', changed('d3'));
    expect(await client.applicationStatus('three')).toMatchObject({ seen: [{ deliveryId: 'd3' }] });
  });

  test('a push after delete does not bring the application back', async () => {
    await client.configure(spec('four'), 'ann');
    await client.remove('four', { by: 'ann' });
    await temporal.env.client.workflow.getHandle('app:four').result();
    expect(await failure(client.changed('four', changed('d4')))).toMatchObject({ kind: 'conflict' });
    expect(await failure(client.sync('four', { by: 'ann', requestId: 'r' }))).toMatchObject({ kind: 'ended' });
  });

  test('an application that does not exist is named, with what to do', async () => {
    const error = await failure(client.applicationStatus('nope'));
    expect(error.kind).toBe('notFound');
    expect(error.message).toBe('there is no application "nope"');
    expect(error.cure).toContain('nodewave apply -f FILE');
  });

  test('the list shows running applications and hides nothing because of one', async () => {
    await client.configure(spec('five'), 'ann');
    const entries = await waitFor(
      async () => {
        const listed = await client.listApplications();
        return listed.some((entry) => entry.name === 'five') && listed;
      },
      { timeoutMs: 10_000, what: 'application five in the list' },
    );
    expect(entries.find((entry) => entry.name === 'five')).toMatchObject({ status: { configuredBy: 'ann' } });
    expect(entries.some((entry) => entry.name === 'four')).toBe(false);
  });

  describe('rollouts', () => {
    const ref = { cluster: 'prod', namespace: 'monitoring', name: 'agent' };

    beforeAll(async () => {
      await temporal.env.client.workflow.start('rollout', {
        workflowId: 'rollout:prod:monitoring/agent',
        taskQueue: 'nodewave',
      });
    });

    test('status answers', async () => {
      expect(await client.rolloutStatus(ref)).toMatchObject({ phase: 'awaitingApprovalBefore' });
    });

    test('the rollout is found by name and namespace alone', async () => {
      const found = await waitFor(
        async () => {
          const listed = await client.listRollouts({ namespace: 'monitoring', name: 'agent', running: true });
          return listed.length > 0 && listed;
        },
        { timeoutMs: 10_000, what: 'the rollout in the list' },
      );
      expect(found).toMatchObject([{ ref, running: true }]);
      expect(await client.listRollouts({ namespace: 'other' })).toEqual([]);
    });

    test("a validator's and a handler's refusal both arrive as written", async () => {
      const stale = await failure(client.decide(ref, 'approve', { by: 'ann', plan: 'stale' }));
      expect(stale).toMatchObject({ kind: 'refused', message: 'the plan is ab12cd34, not stale: look again' });
      const failed = await failure(client.decide(ref, 'approve', { by: 'ann', plan: 'fail' }));
      expect(failed).toMatchObject({ kind: 'refused', message: 'the census could not be taken' });
    });

    test('a handler that does not answer is a timeout that names the worker', async () => {
      const started = Date.now();
      const error = await failure(client.decide(ref, 'pause', { by: 'ann' }));
      expect(error.kind).toBe('timeout');
      expect(error.message).toContain('did not answer within 10 s');
      expect(error.cure).toContain('last asked for work');
      expect(Date.now() - started).toBeLessThan(14_000);
    }, 30_000);

    test('an unknown message is refused, not hung', async () => {
      const error = await failure(client.decide(ref, 'retry', { by: 'ann' }));
      expect(error).toMatchObject({ kind: 'refused' });
    });

    test('a rollout that has ended takes no messages and still answers status', async () => {
      await client.decide(ref, 'approve', { by: 'ann', plan: 'ab12cd34' });
      await temporal.env.client.workflow.getHandle('rollout:prod:monitoring/agent').result();
      expect(await failure(client.decide(ref, 'approve', { by: 'ann', plan: 'ab12cd34' }))).toMatchObject({
        kind: 'ended',
      });
      expect(await client.rolloutStatus(ref)).toMatchObject({ phase: 'awaitingApprovalBefore' });
    });
  });
});

describe('connecting', () => {
  test('a server that is not there is named within seconds', async () => {
    const started = Date.now();
    const error = await failure(
      connect({ address: '127.0.0.1:9', namespace: 'default', connectionOptions: { address: '127.0.0.1:9' } }),
    );
    expect(error.kind).toBe('unavailable');
    expect(error.message).toContain('Temporal at 127.0.0.1:9 cannot be reached');
    expect(error.cure).toContain('TEMPORAL_ADDRESS');
    expect(Date.now() - started).toBeLessThan(6_000);
  });

  test('a namespace that is not there comes with the command that makes it', async () => {
    const error = await failure(connect({ ...temporal.config, namespace: 'nope' }));
    expect(error.kind).toBe('setup');
    expect(error.cure).toContain(
      `temporal operator namespace create --namespace nope --address ${temporal.config.address}`,
    );
  });

  test('TLS against a server without it says so', async () => {
    const { address } = temporal.config;
    const error = await failure(connect({ address, namespace: 'default', connectionOptions: { address, tls: true } }));
    expect(error.kind).toBe('unavailable');
    expect(error.cure).toContain('TEMPORAL_TLS');
  });

  test('a lazy client opens while the server is away, and every question says so', async () => {
    const config = { address: '127.0.0.1:9', namespace: 'default', connectionOptions: { address: '127.0.0.1:9' } };
    const lazy = await connect(config, { lazy: true });
    try {
      expect(await failure(lazy.check())).toMatchObject({ kind: 'unavailable' });
      expect(await failure(lazy.changed('one', changed('d')))).toMatchObject({ kind: 'unavailable' });
    } finally {
      await lazy.close();
    }
  });
});
