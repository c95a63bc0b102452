import { afterAll, beforeAll, expect } from 'vitest';
import { logsGate } from '../../domain/gates/kinds/logs.ts';
import type { GateSpec } from '../../domain/gates/types.ts';
import type { BatchSpec } from '../../domain/rollout/policy.ts';
import { type FakeKubelet, startKubelet } from '../support/kubelet.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { type Scene, scenarios } from './scenario.ts';

const rights = ['rbac.yaml', 'rbac-diagnosis.yaml'];
const scenario = scenarios([], { rights, account: 'nodewave-log-gates' });

/** What containers log, by namespace; and whose log was asked for. */
const logs = new Map<string, (pod: string) => string>();
const reads: { namespace: string; pod: string }[] = [];
let kubelet: FakeKubelet;
beforeAll(async () => {
  kubelet = await startKubelet((namespace, pod) => {
    reads.push({ namespace, pod });
    return logs.get(namespace)?.(pod);
  });
}, stackTimeoutMs);
afterAll(() => kubelet?.stop());

const batches: BatchSpec[] = [
  { name: 'canary', nodes: 1, soakMs: 0 },
  { name: 'half', nodes: '50%', soakMs: 0 },
  { name: 'all', nodes: '100%', soakMs: 0 },
];

const newErrors = (): GateSpec => ({
  name: 'new-errors',
  kind: 'logs',
  config: { ...logsGate.schema.parse({}) },
  intervalMs: 300,
  count: 1,
  failureLimit: 0,
  consecutiveErrorLimit: 3,
  inconclusiveLimit: 3,
  initialDelayMs: 0,
  minSamples: 1,
  onInconclusive: 'pause',
});

/** Installs the first version, whose pods log `old`; every pod that comes later logs `next`. */
async function installed(scene: Scene, old: string, next: string): Promise<void> {
  await Promise.all(scene.nodes.names.map((node) => kubelet.serve(node)));
  await scene.install('log-gates:1');
  const first = new Set((await scene.pods()).map(({ metadata }) => metadata.name));
  logs.set(scene.namespace, (pod) => (first.has(pod) ? old : next));
}

const usual = (target: string, ms: number): string =>
  `started\nlevel=error msg="scrape failed" target=${target} took=${ms}ms\n`;

scenario('an error line that pods on last good do not log sends the canary back, and is shown', {}, async (scene) => {
  await installed(
    scene,
    usual('10.0.0.1:9100', 12),
    `${usual('10.0.0.2:9100', 999)}ERROR cannot open /dev/kmsg: denied\n`,
  );
  const rollout = await scene.rollout('log-gates:2', { policy: { batches, gates: [newErrors()] } });
  const { outcome, cause } = await rollout.result();
  expect(outcome).toBe('rolledBack');
  expect(cause).toContain('in none of 3 pods on last good: "ERROR cannot open /dev/kmsg: denied"');
  expect(await scene.images()).toEqual({ 'log-gates:1': 6 });
});

scenario('what was always logged is no reason to stop; each node is read at most twice', {}, async (scene) => {
  await installed(scene, usual('10.0.0.1:9100', 12), usual('10.0.0.2:9100', 999));
  const rollout = await scene.rollout('log-gates:2', { policy: { batches, gates: [newErrors()] } });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
  const count = reads.filter(({ namespace }) => namespace === scene.namespace).length;
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThanOrEqual(2 * scene.nodes.names.length);
});
