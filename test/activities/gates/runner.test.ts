import { expect, test } from 'vitest';
import { type AskGate, GateRunner } from '../../../activities/gates/runner.ts';
import { logsGate } from '../../../domain/gates/kinds/logs.ts';
import type { GateAnswer, GateScene, GateSpec } from '../../../domain/gates/types.ts';

const names = { cluster: 'prod', namespace: 'agents', daemonset: 'agent', commit: 'c', batch: 'canary' };
const pod = { node: 'n1', name: 'agent-1', uid: 'u', ip: null, zone: null, createdMs: 0, restarts: 0, available: true };
const scene: GateScene = { ...names, nowMs: 0, sinceMs: 0, updated: [pod], fresh: [pod], rest: [] };

const gate = (name: string, more: Partial<GateSpec> = {}): GateSpec => ({
  name,
  kind: 'nodes',
  config: { maxFailing: 0, ignoreNamespaces: [] },
  intervalMs: 1_000,
  count: 2,
  failureLimit: 0,
  consecutiveErrorLimit: 1,
  inconclusiveLimit: 1,
  initialDelayMs: 0,
  minSamples: 1,
  onInconclusive: 'pause',
  ...more,
});

const well: GateAnswer = { form: 'neighbours', nodes: [{ node: 'n1', bad: [], pods: [] }] };
const ill: GateAnswer = {
  form: 'neighbours',
  nodes: [{ node: 'n1', bad: [{ type: 'Ready', message: 'kubelet stopped', sinceMs: 10 }], pods: [] }],
};

/** A runner whose every measurement can be waited for. */
function running(gates: GateSpec[], ask: AskGate, kept = {}, world = scene) {
  let ended: () => void = () => undefined;
  const onChange = (): void => ended();
  const runner = new GateRunner({ gates, onFailure: 'rollback', scene: () => world, ask, kept, onChange }, 0);
  const measure = async (nowMs: number): Promise<void> => {
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    runner.tick(nowMs);
    await end;
  };
  return { runner, measure };
}

test('a gate passes after as many good measurements as it asks for, each when it is due', async () => {
  let asked = 0;
  const { runner, measure } = running([gate('a')], async () => {
    asked += 1;
    return well;
  });
  await measure(0);
  expect(runner.verdict(0).state).toBe('waiting');
  runner.tick(999);
  expect(asked).toBe(1);
  await measure(1_000);
  expect(runner.verdict(1_000).state).toBe('passed');
  await runner.stop();
});

test('it is measured on after it has passed, and fails then', async () => {
  let answer = well;
  const { runner, measure } = running([gate('a', { count: 1 })], async () => answer);
  await measure(0);
  answer = ill;
  await measure(1_000);
  expect(runner.verdict(1_000)).toMatchObject({ state: 'failed', action: 'rollback', nodes: ['n1'] });
  await runner.stop();
});

test('whatever goes wrong while a gate is asked counts as an error: it never passes, and never fails the release', async () => {
  const { runner, measure } = running([gate('a', { count: 1 })], async () => {
    throw new Error('connect ECONNREFUSED 10.0.0.1:9090');
  });
  await measure(0);
  await measure(1_000);
  const verdict = runner.verdict(1_000);
  expect(verdict).toMatchObject({ state: 'inconclusive', unreachable: true, action: 'pause' });
  expect(verdict.sentence).toContain('ECONNREFUSED');
  await runner.stop();
});

test('a slow gate holds no other one up, and is never measured twice at once', async () => {
  let slow = 0;
  const { runner, measure } = running([gate('slow'), gate('quick')], async ({ name }, _request, signal) => {
    if (name === 'quick') return well;
    slow += 1;
    return await new Promise<GateAnswer>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  await measure(0);
  await measure(1_000);
  expect(runner.tallies().quick?.successes).toBe(2);
  expect(slow).toBe(1);
  await runner.stop();
  expect(runner.tallies().slow?.errors).toBe(0);
});

test('a worker that takes over goes on with what was measured', async () => {
  const first = running([gate('a')], async () => well);
  await first.measure(0);
  await first.runner.stop();
  const second = running([gate('a')], async () => well, first.runner.tallies());
  await second.measure(1_000);
  expect(second.runner.verdict(1_000).state).toBe('passed');
  await second.runner.stop();
});

test('a Job is not run again once it has passed', async () => {
  let asked = 0;
  const job = gate('smoke', { kind: 'job', count: 1, config: { template: {}, withinMs: 1_000, nodes: 1 } });
  const { runner, measure } = running([job], async () => {
    asked += 1;
    return { form: 'job', ended: [{ node: 'n1', succeeded: true, sentence: '' }] };
  });
  await measure(0);
  runner.tick(60_000);
  expect(asked).toBe(1);
  expect(runner.verdict(60_000).state).toBe('passed');
  await runner.stop();
});

test('what is asked beside the first questions counts as requests too, and a worker that takes over goes on counting', async () => {
  const config = { ...logsGate.schema.parse({ pattern: 'error' }) };
  const spec = gate('new-errors', { kind: 'logs', count: 1, config });
  const rest = ['r1', 'r2', 'r3', 'r4'].map((node) => ({ ...pod, node, name: `agent-${node}` }));
  const world: GateScene = { ...scene, rest, soakMs: 0 };
  const asked: string[] = [];
  const ask: AskGate = async (_gate, request) => {
    if (request.form === 'logs') asked.push(request.pod.node);
    return { form: 'logs', lines: ['error: usual'], truncated: false };
  };
  const { runner, measure } = running([spec], ask, {}, world);
  await measure(0);
  expect(asked).toEqual(['n1', 'r1', 'r2', 'r3']);
  expect(runner.tallies()['new-errors']).toMatchObject({ successes: 1, requests: 4 });
  await runner.stop();
  const second = running([spec], ask, runner.tallies(), world);
  second.runner.tick(60_000);
  expect(asked).toHaveLength(4);
  await second.runner.stop();
  const fresh = running([spec], ask, { 'new-errors': { ...runner.tallies()['new-errors'], requests: 1 } }, world);
  await fresh.measure(60_000);
  expect(asked.slice(4)).toEqual(['n1', 'r2', 'r3']);
  expect(fresh.runner.tallies()['new-errors']).toMatchObject({ successes: 2, requests: 4 });
  await fresh.runner.stop();
});
