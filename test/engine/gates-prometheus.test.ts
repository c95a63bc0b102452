import { afterAll, beforeAll, expect } from 'vitest';
import { prometheusGate } from '../../domain/gates/kinds/prometheus.ts';
import type { GateSpec } from '../../domain/gates/types.ts';
import type { BatchSpec } from '../../domain/rollout/policy.ts';
import { prometheusTimeoutMs, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { scenarios } from './scenario.ts';

const scenario = scenarios();

/** What is scraped, by the scenario that it is for. */
const ratios = new Map<string, number>();
let prometheus: TestPrometheus;
beforeAll(async () => {
  prometheus = await startPrometheus();
}, prometheusTimeoutMs);
afterAll(() => prometheus?.stop());

async function scraped(run: string, value: number): Promise<void> {
  ratios.set(run, value);
  prometheus.serve([...ratios].map(([name, ratio]) => `agent_error_ratio{run="${name}"} ${ratio}`).join('\n'));
  await prometheus.until(`agent_error_ratio{run="${run}"}`, ([now]) => now === value);
}

const canary: BatchSpec[] = [
  { name: 'canary', nodes: 1, soakMs: 0 },
  { name: 'all', nodes: '100%', soakMs: 0 },
];

const errorRate = (url: string, query: string, more: Partial<GateSpec> = {}): GateSpec => ({
  name: 'error-rate',
  kind: 'prometheus',
  config: { ...prometheusGate.schema.parse({ url, query, condition: 'value < 0.05', timeout: '2s' }) },
  intervalMs: 300,
  count: 3,
  failureLimit: 1,
  consecutiveErrorLimit: 1,
  inconclusiveLimit: 2,
  initialDelayMs: 0,
  minSamples: 1,
  onInconclusive: 'pause',
  ...more,
});

scenario('a query on a real Prometheus lets a good release through', {}, async (scene) => {
  await scene.install('prometheus-gate:1');
  await scraped('good', 0.01);
  const gates = [errorRate(prometheus.url, 'agent_error_ratio{run="good"}')];
  const rollout = await scene.rollout('prometheus-gate:2', { policy: { batches: canary, gates } });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
});

scenario('errors that rise in the soak send the canary back', {}, async (scene) => {
  await scene.install('prometheus-gate:1');
  await scraped('bad', 0.01);
  const gates = [errorRate(prometheus.url, 'agent_error_ratio{run="bad"}', { count: 1_000 })];
  const rollout = await scene.rollout('prometheus-gate:2', { policy: { batches: canary, gates } });
  const isAsked = (status: { live: { gates?: { sentence: string }[] } | null }): boolean =>
    (status.live?.gates ?? []).some(({ sentence }) => /[1-9]\d* of 1000/.test(sentence));
  await rollout.reaches('soaking', isAsked);
  await scraped('bad', 0.4);
  const { outcome, cause } = await rollout.result();
  expect(outcome).toBe('rolledBack');
  expect(cause).toContain('0.4 does not fulfil value < 0.05');
  expect(await scene.images()).toEqual({ 'prometheus-gate:1': 6 });
});

scenario('no data passes nothing: it stops for a person, and goes on once there is some', {}, async (scene) => {
  await scene.install('prometheus-gate:1');
  const gates = [errorRate(prometheus.url, 'agent_error_ratio{run="late"}', { batches: ['canary'] })];
  const rollout = await scene.rollout('prometheus-gate:2', { policy: { batches: canary, gates } });
  expect((await rollout.reaches('stopped')).sentence).toMatch(/error-rate is inconclusive: .*no data/);
  expect(await scene.taken()).toHaveLength(1);
  await scraped('late', 0.01);
  await rollout.send('retry', { reason: 'the exporter runs now' });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
});

scenario('a query that does not parse holds the rollout with the words of Prometheus', {}, async (scene) => {
  await scene.install('prometheus-gate:1');
  const gates = [errorRate(prometheus.url, 'agent_error_ratio{')];
  const rollout = await scene.rollout('prometheus-gate:2', { policy: { batches: canary, gates } });
  const held = await rollout.reaches('soaking', (status) => status.live?.gates?.[0]?.unreachable === true);
  expect(held.live?.gates?.[0]?.sentence).toMatch(/cannot read the query \(HTTP 400\), bad_data: .*parse error/);
  expect(await scene.taken()).toHaveLength(1);
  await rollout.send('rollback', { reason: 'the query is wrong' });
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
});

scenario('a server that is lost in the middle of a soak is waited for', {}, async (scene) => {
  const own = await startPrometheus();
  try {
    await scene.install('prometheus-gate:1');
    await own.until('vector(0.01)', ([value]) => value === 0.01);
    const gates = [errorRate(own.url, 'vector(0.01)', { count: 40, batches: ['canary'] })];
    const rollout = await scene.rollout('prometheus-gate:2', { policy: { batches: canary, gates } });
    await rollout.reaches('soaking', (status) =>
      (status.live?.gates ?? []).some(({ sentence }) => /[1-9]\d* of 40/.test(sentence)),
    );
    await own.kill();
    const held = await rollout.reaches('soaking', (status) => status.live?.gates?.[0]?.unreachable === true);
    expect(held.live?.gates?.[0]?.sentence).toMatch(/could not be asked .* in a row: .*refused the connection/);
    expect(await scene.taken()).toHaveLength(1);
    await own.restart();
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'prometheus-gate:2': 6 });
  } finally {
    await own.stop();
  }
});
