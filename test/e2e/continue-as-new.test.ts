import { afterAll, beforeAll, expect, test } from 'vitest';
import { applicationWorkflowId, rolloutWorkflowId } from '../../domain/ids.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { makeScene, type Scene } from './scene.ts';

const nodeCount = 6;
const by = 'ann@example.com';

let product: Product;

beforeAll(async () => {
  product = await startProduct({
    extraArgs: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=40'],
  });
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

/** Runs of a workflow id, oldest first. */
async function runsOf(workflowId: string): Promise<{ runId: string; status: string }[]> {
  const runs: { runId: string; status: string; startTime: Date }[] = [];
  const query = `WorkflowId = "${workflowId}"`;
  for await (const run of product.temporal.env.client.workflow.list({ query })) {
    runs.push({ runId: run.runId, status: run.status.name, startTime: run.startTime });
  }
  return runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
}

/** Runs that went on as new since `before`. */
async function continued(workflowId: string): Promise<number> {
  return (await runsOf(workflowId)).filter((run) => run.status === 'CONTINUED_AS_NEW').length;
}

test('a rollout and its application go on as new in the middle, and nothing is lost', async ({ onTestFinished }) => {
  const scene: Scene = await makeScene({
    product,
    prefix: 'again',
    nodes: nodeCount,
    onTestFinished,
    rollout: {
      batches: [
        { name: 'canary', nodes: 1, soak: '1s', approval: 'before' },
        { name: 'second', nodes: 1, soak: '1s', approval: 'after' },
        { name: 'third', nodes: 1, soak: '1s' },
        { name: 'fourth', nodes: 1, soak: '1s', approval: 'after' },
        { name: 'rest', nodes: '100%' },
      ],
      maxUnavailable: 2,
      readyWithin: '60s',
    },
  });
  const application = applicationWorkflowId(scene.name);
  const rollout = rolloutWorkflowId(scene.ref);
  const first = await scene.commit({ 'agent.yaml': scene.agent('again:1') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const commit = await scene.push(scene.agent('again:2'));

  const { planDigest: plan, nodesTouched } = await scene.rollout(commit, 'awaitingApprovalBefore');
  expect(nodesTouched).toEqual([]);
  await scene.send('approve', { by, plan, reason: 'canary' });
  const second = await scene.rollout(commit, 'awaitingApprovalAfter');
  expect(second).toMatchObject({ batch: 1, planDigest: plan });
  const touched = second.nodesTouched;
  expect(touched).toHaveLength(2);
  await scene.send('pause', { by, reason: 'a look around' });
  await scene.rollout(commit, 'paused');
  await scene.send('resume', { by });
  const again = await scene.rollout(commit, 'awaitingApprovalAfter');
  expect(again).toMatchObject({ batch: 1, planDigest: plan, nodesTouched: touched });
  await scene.send('approve', { by, plan, reason: 'second' });
  const fourth = await scene.rollout(commit, 'awaitingApprovalAfter', (view) => view.batch === 3);
  expect(fourth.planDigest).toBe(plan);
  expect(fourth.nodesTouched).toHaveLength(4);
  expect(fourth.nodesTouched).toEqual(expect.arrayContaining(touched));
  expect(fourth.progress).toMatchObject({ eligible: nodeCount, done: 4, exposed: 0 });
  expect(await continued(rollout), 'the rollout has gone on as new by now').toBeGreaterThan(0);
  await scene.send('approve', { by, plan, reason: 'fourth' });
  expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'again:2': nodeCount });
  const { log, planDigest } = await scene.rollout(commit, 'succeeded');
  expect(planDigest).toBe(plan);
  expect(log.map((entry) => entry.what)).toEqual([
    'approve before batch canary: canary',
    'pause (now): a look around',
    'resume',
    'approve after batch second: second',
    'approve after batch fourth: fourth',
  ]);

  // Commits that restart no pod make the application's history grow.
  const commits = [first, commit];
  const before = await continued(application);
  for (let round = 1; (await continued(application)) === before; round++) {
    expect(round, 'the application goes on as new').toBeLessThan(12);
    const labelled = scene
      .agent('again:2')
      .replace('  name: agent\n', `  name: agent\n  labels: { round: r${round} }\n`);
    const next = await scene.push(labelled);
    expect(await scene.outcome(next)).toMatchObject({ outcome: 'configured' });
    commits.push(next);
  }
  const status = await scene.status();
  expect(status.recent.map((outcome) => outcome.commit)).toEqual(commits.toReversed());
  expect(status.recent.at(-2)).toMatchObject({ outcome: 'succeeded' });
  expect(status.lastDelivery?.deliveryId).toBe(commits.at(-1));
  const uids = await scene.uids();
  await product.client.changed(scene.name, { deliveryId: commit, source: 'cli', refs: [] });
  expect((await scene.status()).lastDelivery?.deliveryId, 'a delivery of an older run is still known').toBe(
    commits.at(-1),
  );
  await scene.sendToApplication('rollback', { by, reason: 'all the way back' });
  await scene.rollout(commits.at(-1) ?? '', 'rolledBack');
  expect(await scene.images()).toEqual({ 'again:1': nodeCount });
  expect(await scene.uids()).not.toEqual(uids);
});
