import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../../dev/stack/wait.ts';
import { codeBlocks, markdownFile, section } from '../docs/markdown.ts';
import { auditedDeletes } from '../support/audit.ts';
import { type Product, type ProductWorker, startProduct } from '../support/product.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';
import { type Kubectl, makeKubectl } from './kubectl.ts';
import { installed, nodeCount, nodesOn, whole } from './people.ts';
import { nodeOf, type Scene } from './scene.ts';

const patient = { timeoutMs: 120_000, everyMs: 500 };

let product: Product;
let kubectl: Kubectl;
let worker: ProductWorker;

beforeAll(async () => {
  const started = await startProduct();
  product = started;
  if (started.first === null) throw new Error('no worker was started');
  worker = started.first;
  kubectl = await makeKubectl();
}, stackTimeoutMs);

afterAll(async () => {
  kubectl?.remove();
  await product?.stop();
});

/** The commands of the page, with its placeholders filled in; `which` is the block's place in the section. */
async function runBlock(which: number, values: Record<string, string>): Promise<void> {
  const block = codeBlocks(section(markdownFile('docs/operate.md'), 'Break glass: Nodewave is down'))[which];
  for (const line of block?.text.trim().split('\n') ?? []) {
    const [command = ''] = line.split(/ {2,}#/);
    const words = command.trim().split(' ');
    expect(words[0], 'every line is a kubectl command').toBe('kubectl');
    const args = words.slice(1).map((word) => word.replace(/[A-Z]{4,}/g, (name) => values[name] ?? name));
    await kubectl.run(args);
  }
}

/** Runs what people do while no worker runs. */
async function whileDown(act: () => Promise<void>): Promise<void> {
  await worker.process.stop();
  await act();
  worker = await product.startWorker();
}

async function heldWith(scene: Scene, text: RegExp): Promise<void> {
  await waitFor(
    async () => {
      const { phase, sentence } = await scene.status();
      return phase === 'held' && text.test(sentence);
    },
    { ...patient, what: `the application to be held with ${text}` },
  );
}

async function deletesOf(scene: Scene): Promise<number> {
  return auditedDeletes((await testStack()).auditLogFile, scene.namespace).length;
}

const onNode = async (scene: Scene, node: string, image: string): Promise<void> => {
  await waitFor(async () => (await nodesOn(scene, image)).includes(node), { ...patient, what: `${image} on ${node}` });
};

test('S29: shipped with the commands of the page; held on return, not fought; committed, it goes to the rest', async (context) => {
  const scene = await installed(product, context, 'glass', { batches: [whole] });
  const [pod] = await scene.pods();
  const node = pod === undefined ? '' : nodeOf(pod);
  const values = { NAMESPACE: scene.namespace, NAME: 'agent', CONTAINER: 'agent', SELECTOR: 'app=agent', NODE: node };
  await whileDown(async () => {
    await runBlock(0, { ...values, IMAGE: 'glass:hot' });
    await onNode(scene, node, 'glass:hot');
  });
  await heldWith(scene, /kubectl-set.*taken into git/);
  expect(await deletesOf(scene), 'nothing is fought').toBe(0);
  const hot = await scene.push(scene.agent('glass:hot'));
  expect(await scene.outcome(hot)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'glass:hot': nodeCount });
  expect(await deletesOf(scene), 'the pod that was shipped by hand stays').toBe(nodeCount - 1);
  expect((await scene.record()).good[0]).toMatchObject({ commit: hot });
  const next = await scene.push(scene.agent('glass:next'));
  expect(await scene.outcome(next)).toMatchObject({ outcome: 'succeeded' });
  await scene.phase('waiting');
}, 300_000);

test('S30: undone with the commands of the page; held on return; put back, the nodes are caught up', async (context) => {
  const scene = await installed(product, context, 'undo', { batches: [whole] });
  const second = await scene.push(scene.agent('glass:2'));
  expect(await scene.outcome(second)).toMatchObject({ outcome: 'succeeded' });
  const before = await deletesOf(scene);
  const [pod] = await scene.pods();
  const node = pod === undefined ? '' : nodeOf(pod);
  const values = { NAMESPACE: scene.namespace, NAME: 'agent', SELECTOR: 'app=agent', NODE: node };
  await whileDown(async () => {
    await runBlock(1, values);
    await onNode(scene, node, 'people:1');
  });
  await heldWith(scene, /kubectl.* put the template of commit .* back live/);
  expect(await deletesOf(scene)).toBe(before);
  // Put back: the same command once more.
  await kubectl.run(['-n', scene.namespace, 'rollout', 'undo', 'daemonset/agent']);
  await onNode(scene, node, 'glass:2');
  expect(await scene.images()).toEqual({ 'glass:2': nodeCount });
  const third = await scene.push(scene.agent('glass:3'));
  expect(await scene.outcome(third)).toMatchObject({ outcome: 'succeeded' });
}, 300_000);

test('S30: undone by hand and then reverted in git: rolled out to the rest, and last good', async (context) => {
  const scene = await installed(product, context, 'revert', { batches: [whole] });
  const second = await scene.push(scene.agent('glass:2'));
  expect(await scene.outcome(second)).toMatchObject({ outcome: 'succeeded' });
  await kubectl.run(['-n', scene.namespace, 'rollout', 'undo', 'daemonset/agent']);
  const reverted = await scene.push(scene.agent('people:1'), 'Revert');
  expect(await scene.outcome(reverted)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'people:1': nodeCount });
  expect((await scene.record()).good[0]).toMatchObject({ commit: reverted });
}, 300_000);
