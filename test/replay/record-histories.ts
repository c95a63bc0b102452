import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyStages, crashLoop, slowReady } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { applicationWorkflowId, rolloutWorkflowId } from '../../domain/ids.ts';
import { makeScene, type Scene } from '../e2e/scene.ts';
import { adminKube } from '../support/cluster.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { type RecordedHistory, toJson, writeHistories } from './store.ts';

const by = 'ann@example.com';
const nodeCount = 4;
const whole = { name: 'all', nodes: '100%' };
const canary = { name: 'canary', nodes: 1 };

let product: Product;

beforeAll(async () => {
  // Low enough for continue-as-new of the application and of the longer rollouts.
  product = await startProduct({ extraArgs: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60'] });
  await applyStages(await adminKube(), [...crashLoop('replay:crash'), ...slowReady('replay:slow', 1_500)]);
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

const recorded: RecordedHistory[] = [];
const known = new Set<string>();

/** Keeps the runs of a workflow id that were not kept before, oldest first. */
async function keep(name: string, workflowId: string): Promise<void> {
  const { workflow } = product.temporal.env.client;
  const runs: { runId: string; startedMs: number }[] = [];
  // The list lags behind what has happened.
  await waitFor(
    async () => {
      runs.length = 0;
      for await (const run of workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
        if (!known.has(run.runId)) runs.push({ runId: run.runId, startedMs: run.startTime.getTime() });
      }
      const newest = await workflow.getHandle(workflowId).describe();
      return newest.status.name !== 'RUNNING' && runs.some((run) => run.runId === newest.runId);
    },
    { timeoutMs: 30_000, what: `the end of ${workflowId}` },
  );
  runs.sort((a, b) => a.startedMs - b.startedMs);
  for (const [index, { runId }] of runs.entries()) {
    known.add(runId);
    const history = await workflow.getHandle(workflowId, runId).fetchHistory();
    const part = runs.length === 1 ? name : `${name}-${index + 1}`;
    recorded.push({ name: part, workflowId, history: toJson(history) });
  }
}

test('histories of rollouts and of their application', async ({ onTestFinished }) => {
  const scene: Scene = await makeScene({ product, prefix: 'replay', nodes: nodeCount, onTestFinished });
  const rollout = rolloutWorkflowId(scene.ref);
  const policy = (batches: object[], more: object = {}) =>
    scene.configure({ batches, maxUnavailable: 2, readyWithin: '60s', ...more });

  const first = await scene.commit({ 'agent.yaml': scene.agent('replay:1') });
  await policy([{ ...canary, approval: 'before', soak: '1s' }, { nodes: 1, approval: 'after' }, whole]);
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  await keep('rollout-installed', rollout);

  const second = await scene.push(scene.agent('replay:2'));
  const { planDigest: plan } = await scene.rollout(second, 'awaitingApprovalBefore');
  await scene.send('approve', { by, plan });
  await scene.rollout(second, 'awaitingApprovalAfter');
  await scene.send('approve', { by, plan });
  expect(await scene.outcome(second)).toMatchObject({ outcome: 'succeeded' });
  await keep('rollout-approved-and-soaked', rollout);

  await policy([{ ...canary, soak: '1s' }, whole]);
  const third = await scene.push(scene.agent('replay:crash'));
  expect(await scene.outcome(third)).toMatchObject({ outcome: 'rolledBack' });
  await keep('rollout-rolled-back', rollout);

  await policy([{ name: 'half', nodes: 2 }, whole], { maxUnavailable: 1 });
  const fourth = await scene.push(scene.agent('replay:slow'));
  await scene.rollout(fourth, 'rolling', (view) => view.toHash !== null);
  await scene.send('pause', { by, mode: 'afterBatch' });
  await scene.rollout(fourth, 'paused');
  await scene.send('resume', { by });
  await scene.rollout(fourth, 'rolling');
  await scene.send('pause', { by, mode: 'now' });
  await scene.rollout(fourth, 'paused');
  await scene.send('resume', { by });
  expect(await scene.outcome(fourth)).toMatchObject({ outcome: 'succeeded' });
  await keep('rollout-paused-and-resumed', rollout);

  const invalid = await scene.push('kind: [\n');
  expect(await scene.outcome(invalid)).toMatchObject({ outcome: 'invalid' });

  await policy([canary, whole], { onFailure: 'pause' });
  const fifth = await scene.push(scene.agent('replay:crash', { env: { ROUND: '5' } }));
  await scene.rollout(fifth, 'stopped');
  await scene.send('retry', { by });
  await scene.rollout(fifth, 'stopped', (view) => view.log.length === 1);
  await scene.send('abort', { by, reason: 'no use' });
  expect(await scene.outcome(fifth)).toMatchObject({ outcome: 'aborted' });
  await keep('rollout-stopped-and-aborted', rollout);

  await policy([{ ...canary, soak: '10m' }, whole]);
  const sixth = await scene.push(scene.agent('replay:6'));
  await scene.rollout(sixth, 'soaking');
  await scene.commit({ 'agent.yaml': scene.agent('replay:7') });
  // By the same trigger that brings the new policy: the newer commit takes over.
  await policy([canary, whole]);
  expect(await scene.outcome(sixth)).toMatchObject({ outcome: 'superseded' });
  const seventh = (await scene.status()).observedCommit ?? '';
  expect(await scene.outcome(seventh)).toMatchObject({ outcome: 'succeeded' });
  await keep('rollout-superseded', rollout);

  await scene.sendToApplication('rollback', { by, reason: 'as it was' });
  await scene.rollout(seventh, 'rolledBack');
  await keep('rollout-reverted', rollout);
  await scene.phase('held');
  await scene.sendToApplication('releaseQuarantine', { by });
  await scene.rollout(seventh, 'succeeded');
  await scene.phase('waiting');
  await keep('rollout-released', rollout);

  const gates = [{ name: 'still', pods: { maxRestarts: 0 }, interval: '1s', count: 2 }];
  await policy([{ ...canary, approval: 'after' }, whole], { gates });
  const eighth = await scene.push(scene.agent('replay:8'));
  const { planDigest: judged } = await scene.rollout(eighth, 'awaitingApprovalAfter');
  await scene.send('pause', { by });
  await scene.rollout(eighth, 'paused');
  await scene.send('resume', { by });
  await scene.rollout(eighth, 'awaitingApprovalAfter');
  await scene.send('approve', { by, plan: judged });
  expect(await scene.outcome(eighth)).toMatchObject({ outcome: 'succeeded' });
  await keep('rollout-judged-by-gates', rollout);

  await product.client.remove(scene.name, { by });
  await keep('application', applicationWorkflowId(scene.name));
  writeHistories(recorded);
});
