import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { applyStages, neverReady } from '../../dev/stack/stages.ts';
import { startTemporal } from '../../dev/stack/temporal.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { ensureTools } from '../../dev/tools/ensure.ts';
import { adminKube } from '../support/cluster.ts';
import { startFreezingProxy } from '../support/freezing-proxy.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { heldImage, throughOutage } from './outages.ts';
import { runScenario } from './scenario.ts';
import { type Engine, startEngine } from './support.ts';

const minuteMs = 60_000;

beforeAll(async () => {
  await applyStages(await adminKube(), neverReady(heldImage));
}, stackTimeoutMs);

describe.concurrent('outages in every phase (S24, S34)', () => {
  test('the API server is away for a minute: rollouts hold, no deadline runs, and all of them end right', async ({
    onTestFinished: finished,
  }) => {
    const server = new URL((await adminKube()).getCurrentCluster()?.server ?? '');
    const proxy = await startFreezingProxy(server.host);
    const engine = await startEngine({ apiServer: proxy.address });
    finished(async () => {
      await engine.stop();
      await proxy.stop();
    });
    let since = 0;
    await throughOutage(engine, {
      messages: 'meanwhile',
      begin: async () => {
        proxy.freeze();
        since = Date.now();
      },
      end: async (rollouts) => {
        for (const phase of ['planning', 'a batch', 'an approval', 'a rollback']) {
          const rollout = await waitFor(() => rollouts.get(phase), {
            timeoutMs: 10_000,
            what: `the rollout in ${phase}`,
          });
          const { sentence } = await rollout.reaches('holding');
          expect(sentence).toContain('nothing is held against the release');
        }
        await sleep(Math.max(0, since + minuteMs - Date.now()));
        proxy.thaw();
      },
    });
  });

  test('git is away: planning holds and then goes on; a batch and the way back do not need it', async ({
    onTestFinished: finished,
  }) => {
    const git = { away: false };
    const engine = await startEngine({ git });
    finished(() => engine.stop());
    await runScenario(engine, {}, async (running) => {
      await running.install('outage:1');
      const rollout = await running.rollout(heldImage);
      await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
      await runScenario(engine, {}, async (planned) => {
        await planned.install('outage:1');
        git.away = true;
        const next = await planned.rollout('outage:2');
        expect((await next.reaches('holding')).sentence).toContain('git.example.com does not answer');
        await rollout.send('rollback');
        expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
        git.away = false;
        expect(await next.result()).toMatchObject({ outcome: 'succeeded' });
      });
      expect(await running.images()).toEqual({ 'outage:1': 6 });
    });
  });

  test('the Temporal server is killed and comes back with its database', async ({ onTestFinished: finished }) => {
    const dir = mkdtempSync(join(tmpdir(), 'nodewave-temporal-'));
    const tools = await ensureTools(['temporal'], () => undefined);
    const options = { dir, tools, dbFile: join(dir, 'temporal.db') };
    let temporal = await startTemporal(options);
    const started: { engine?: Engine } = {};
    finished(async () => {
      // Workers whose server has gone may take longer than a test may, and must not keep it from being stopped.
      const given = sleep(20_000, undefined, { ref: false });
      await Promise.race([Promise.allSettled([started.engine?.stop()]), given]);
      await temporal.stop();
      rmSync(dir, { recursive: true, force: true });
    });
    const { address } = temporal;
    const engine = await startEngine({ temporalAddress: address });
    started.engine = engine;
    await throughOutage(engine, {
      messages: 'afterwards',
      begin: async () => {
        process.kill(temporal.process.identity.pid, 'SIGKILL');
        await temporal.process.ended;
        await temporal.stop();
      },
      end: async () => {
        // Long enough that heartbeats are missed: batches and soaks are given to a second attempt.
        await sleep(12_000);
        temporal = await startTemporal({ ...options, port: Number(address.split(':')[1]) });
        expect(temporal.address).toBe(address);
      },
    });
  });
});
