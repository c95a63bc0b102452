import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyStages, slowReady } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { adminKube, uniqueName } from '../support/cluster.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import {
  by,
  expectLastGoodForNewPods,
  expectRefused,
  installed,
  nodeCount,
  nodesOn,
  refusalOf,
  whole,
} from './people.ts';

let product: Product;

beforeAll(async () => {
  product = await startProduct();
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

describe.concurrent('approval', () => {
  test('before a batch: nothing is touched until somebody approves the plan that is shown', async (test) => {
    const scene = await installed(product, test, 'before', {
      batches: [{ name: 'canary', nodes: 1, approval: 'before' }, whole],
    });
    const uids = await scene.uids();
    const commit = await scene.push(scene.agent('people:2'));
    const waiting = await scene.rollout(commit, 'awaitingApprovalBefore');
    expect(await scene.uids()).toEqual(uids);
    expect(waiting.accepts).toEqual(['approve', 'reject', 'pause', 'abort', 'rollback']);
    const plan = waiting.planDigest ?? '';
    expect(waiting.sentence).toContain(plan.slice(0, 8));

    const example = plan.slice(0, 8);
    await expectRefused(scene, 'approve', [], new RegExp(`takes one JSON object, for example .*${example}`));
    await expectRefused(scene, 'approve', ['yes'], /takes one JSON object/);
    await expectRefused(scene, 'approve', [[{ by, plan }]], /takes one JSON object/);
    await expectRefused(scene, 'approve', [null], /takes one JSON object/);
    await expectRefused(scene, 'approve', [{ plan }], /"by" is missing/);
    await expectRefused(scene, 'approve', [{ by: '  ', plan }], /"by" is missing/);
    await expectRefused(scene, 'approve', [{ by: 7, plan }], /"by" is missing/);
    await expectRefused(scene, 'approve', [{ by, plan, reason: {} }], /"reason" must be a text/);
    await expectRefused(scene, 'approve', [{ by }], new RegExp(`"plan" must name .*${example}`));
    await expectRefused(scene, 'approve', [{ by, plan: plan.slice(0, 4) }], /"plan" must name/);
    await expectRefused(
      scene,
      'approve',
      [{ by, plan: 'f00dcafe' }],
      new RegExp(`f00dcafe is not the current.*${example}`),
    );
    await expectRefused(scene, 'resume', [{ by }], /not paused.*Accepted now: approve, reject, pause, abort, rollback/);
    await expectRefused(scene, 'retry', [{ by }], /No gate has failed/);
    await expectRefused(scene, 'pause', [{ by, mode: 'tomorrow' }], /"mode" must be "now" or "afterBatch"/);
    await expectRefused(scene, 'promote', [{ by }], /promote/);
    expect((await scene.rollout(commit, 'awaitingApprovalBefore')).log).toEqual([]);

    await expectLastGoodForNewPods(scene, 'people:1');
    const joined = await scene.addNode();
    expect(joined.image, 'a node that joins').toBe('people:1');

    const answer = await scene.send('approve', { by, plan: example, reason: 'looked at it' });
    expect(answer).toMatchObject({ accepted: true });
    const again = await scene.rollout(commit, 'awaitingApprovalBefore', (view) => view.sentence.includes('void'));
    expect(again.sentence, 'the fleet grew by a quarter since it was approved').toMatch(/void.*4 to 5/);
    expect(await nodesOn(scene, 'people:2')).toEqual([]);
    await scene.send('approve', { by, plan });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'people:2': nodeCount + 1 });
    const { log } = await scene.rollout(commit, 'succeeded');
    expect(log[0]).toMatchObject({ by, what: expect.stringContaining('looked at it') });
    await expectRefused(scene, 'approve', [{ by, plan }], /completed|ended/);
  });

  test('before a batch, rejected: the rollout ends without touching a node, and retry starts it again', async (test) => {
    const scene = await installed(product, test, 'reject', { batches: [{ ...whole, approval: 'before' }] });
    const uids = await scene.uids();
    const commit = await scene.push(scene.agent('people:2'));
    const { planDigest: plan } = await scene.rollout(commit, 'awaitingApprovalBefore');
    await scene.send('reject', { by, plan, reason: 'not today' });
    const outcome = await scene.outcome(commit);
    expect(outcome).toMatchObject({ outcome: 'aborted', cause: expect.stringContaining('not today') });
    expect(await scene.uids()).toEqual(uids);
    expect(await scene.phase('held')).toMatchObject({
      sentence: expect.stringContaining(`nodewave retry ${scene.name}`),
    });
    await expectLastGoodForNewPods(scene, 'people:1');

    await scene.sendToApplication('retry', { by, reason: 'today' });
    const view = await scene.rollout(commit, 'awaitingApprovalBefore');
    await scene.send('approve', { by, plan: view.planDigest });
    await scene.rollout(commit, 'succeeded');
    expect(await scene.images()).toEqual({ 'people:2': nodeCount });
  });

  test('after a batch: new pods get last good while it waits; rejected, the batch goes back and is quarantined', async (test) => {
    const scene = await installed(product, test, 'after', {
      batches: [{ name: 'canary', nodes: 1, approval: 'after' }, whole],
    });
    const uids = await scene.uids();
    const commit = await scene.push(scene.agent('people:2'));
    const waiting = await scene.rollout(commit, 'awaitingApprovalAfter');
    const [canary = ''] = await nodesOn(scene, 'people:2');
    expect(canary).not.toBe('');
    expect(waiting.nodesTouched).toEqual([canary]);
    expect(await scene.liveImage()).toBe('people:1');
    await expectRefused(scene, 'approve', [{ by, plan: '0123456789' }], /is not the current one/);
    await scene.send('reject', { by, plan: waiting.planDigest, reason: 'too chatty' });
    const outcome = await scene.outcome(commit);
    expect(outcome).toMatchObject({ outcome: 'rolledBack', cause: expect.stringContaining('too chatty') });
    const { [canary]: _touched, ...others } = await scene.uids();
    expect(others).toEqual(Object.fromEntries(Object.entries(uids).filter(([node]) => node !== canary)));
    expect(await scene.images()).toEqual({ 'people:1': nodeCount });
    expect((await scene.record()).quarantine).toMatchObject([
      { commit, reason: expect.stringContaining('too chatty') },
    ]);
    const held = await scene.phase('held');
    expect(held.sentence).toContain(`nodewave release-quarantine ${scene.name}`);

    const readme = await scene.push({ 'agent.yaml': scene.agent('people:2'), 'README.md': 'More words.\n' });
    expect(await scene.outcome(readme), 'a commit that changes no template lifts nothing').toMatchObject({
      outcome: 'held',
    });
    await scene.sendToApplication('releaseQuarantine', { by, reason: 'chatty is fine' });
    const again = await scene.rollout(readme, 'awaitingApprovalAfter');
    const touched = await nodesOn(scene, 'people:2');
    await expectLastGoodForNewPods(scene, 'people:1', touched);
    await scene.send('approve', { by, plan: again.planDigest });
    await scene.rollout(readme, 'succeeded');
    expect(await scene.images()).toEqual({ 'people:2': nodeCount });
    expect((await scene.record()).quarantine).toEqual([]);
  });
});

describe.concurrent('pause, resume and abort', () => {
  test('pause after the batch, pause now, resume each time: no pod is deleted meanwhile and none gets lost', async (test) => {
    const slow = `${uniqueName('people')}:2`;
    await applyStages(await adminKube(), slowReady(slow, 2_500));
    const scene = await installed(product, test, 'pause', {
      batches: [{ name: 'half', nodes: 2 }, whole],
      maxUnavailable: 1,
    });
    const commit = await scene.push(scene.agent(slow));
    await scene.rollout(commit, 'rolling', (view) => view.toHash !== null);
    expect((await scene.send('pause', { by, mode: 'afterBatch', reason: 'lunch' })).message).toContain(
      'after this batch',
    );
    // The batch may end at any moment, so that other events may come.
    expect(await refusalOf(scene, 'pause', [{ by, mode: 'afterBatch' }])).toMatch(/sent already|paused already/);
    const paused = await scene.rollout(commit, 'paused');
    expect(paused.sentence).toContain('lunch');
    expect(paused).toMatchObject({ batch: 1, accepts: ['resume', 'abort', 'rollback'] });
    const touched = await nodesOn(scene, slow);
    expect(touched).toHaveLength(2);
    await expectRefused(scene, 'approve', [{ by, plan: paused.planDigest }], /send resume first/);
    await expectRefused(scene, 'pause', [{ by }], /paused already/);
    await expectLastGoodForNewPods(scene, 'people:1', touched);
    const joined = await scene.addNode();
    expect(joined.image, 'a node that joins').toBe('people:1');
    const uids = await scene.uids();

    await scene.send('resume', { by });
    await waitFor(async () => (await nodesOn(scene, slow)).length > 1, { timeoutMs: 60_000, what: 'a second batch' });
    await scene.send('pause', { by });
    await scene.rollout(commit, 'paused');
    expect(await scene.liveImage()).toBe('people:1');
    const kept = Object.entries(await scene.uids()).filter(([node, uid]) => uids[node] === uid);
    expect(kept.length, 'not all were replaced before the pause').toBeGreaterThan(0);
    await scene.send('resume', { by, reason: 'back from lunch' });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ [slow]: nodeCount + 1 });
    const { log } = await scene.rollout(commit, 'succeeded');
    expect(log.map((entry) => entry.what)).toEqual([
      'pause (afterBatch): lunch',
      'resume',
      'pause (now)',
      'resume: back from lunch',
    ]);
  });

  test('abort in mid rollout: touched nodes keep their pods, whatever starts a pod gets last good', async (test) => {
    const scene = await installed(product, test, 'abort', {
      batches: [{ name: 'canary', nodes: 1, soak: '10m' }, whole],
    });
    const uids = await scene.uids();
    const commit = await scene.push(scene.agent('people:2'));
    await scene.rollout(commit, 'soaking');
    const [canary = ''] = await nodesOn(scene, 'people:2');
    expect(await scene.liveImage(), 'during the soak').toBe('people:1');
    const during = await scene.uids();
    await scene.send('abort', { by, reason: 'wrong branch' });
    const outcome = await scene.outcome(commit);
    expect(outcome).toMatchObject({ outcome: 'aborted', cause: expect.stringContaining('wrong branch') });
    expect(await scene.uids()).toEqual(during);
    expect(Object.keys(uids).filter((node) => during[node] !== uids[node])).toEqual([canary]);
    expect((await scene.rollout(commit, 'aborted')).nodesTouched).toEqual([canary]);
    expect((await scene.addNode()).image, 'a node that joins').toBe('people:1');
    await expectLastGoodForNewPods(scene, 'people:1', [canary]);
  });
});
