import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { DaemonSet, KubeObject } from '../../activities/cluster/objects.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { makeNodes, type TestNodes } from '../support/cluster.ts';
import { application } from '../support/manifests.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { makeScene, type Scene, versionOf } from './scene.ts';

const nodeCount = 4;
const rollout = { batches: [{ name: 'canary', nodes: 1 }, { nodes: '100%' }], readyWithin: '60s' };
let product: Product;
let nodes: TestNodes;

beforeAll(async () => {
  product = await startProduct();
  nodes = await makeNodes('bad', nodeCount);
}, stackTimeoutMs);

afterAll(async () => {
  await nodes?.remove();
  await product?.stop();
});

type Manifest = DaemonSet & KubeObject & { spec: Record<string, unknown> };

/** The manifest after a slip. */
function changed(manifest: string, slip: (daemonSet: Manifest) => void): string {
  const daemonSet = parse(manifest) as Manifest;
  slip(daemonSet);
  return stringify(daemonSet);
}

/** What a commit holds, and what its author is told. */
interface Case {
  files: (good: string) => Record<string, string>;
  told: RegExp[];
}

const one =
  (slip: (daemonSet: Manifest) => void): Case['files'] =>
  (good) => ({ 'agents/agent.yaml': changed(good, slip) });

const labels = (text: string) => text.replace('app: agent', 'app: agents');

const cases: Record<string, Case> = {
  'not YAML': {
    files: (good) => ({ 'agents/agent.yaml': `${good}    - [unclosed\n` }),
    told: [/agents\/agent\.yaml:\d+: not valid YAML/],
  },
  'text that is no object': {
    files: () => ({ 'agents/agent.yaml': 'version 2, please\n' }),
    told: [/agents\/agent\.yaml:1: expected a Kubernetes object.*got/],
  },
  'a key that is there twice': {
    files: (good) => ({ 'agents/agent.yaml': good.replace('image: bad:1', 'image: bad:2\n          image: bad:1') }),
    told: [
      /agents\/agent\.yaml:19: spec\.template\.spec\.containers\[0\]\.image: the key is there twice, first on line 18/,
    ],
  },
  'a kind that does not exist': {
    files: (good) => ({ 'agents/agent.yaml': good.replace('kind: DaemonSet', 'kind: DaemonSett') }),
    told: [/agents\/agent\.yaml:2: kind: .*serves no kind DaemonSett in apps\/v1/],
  },
  'a kind of another API': {
    files: (good) => ({ 'agents/agent.yaml': good.replace('apps/v1', 'extensions/v1beta1') }),
    told: [/agents\/agent\.yaml:\d+: .*extensions\/v1beta1/],
  },
  'no kind': {
    files: (good) => ({ 'agents/agent.yaml': good.replace('kind: DaemonSet\n', '') }),
    told: [/agents\/agent\.yaml:\d+: kind: is missing/],
  },
  'no selector': {
    files: one((daemonSet) => {
      delete (daemonSet.spec as Partial<DaemonSet['spec']>).selector;
    }),
    told: [/agents\/agent\.yaml:\d+: spec\.selector: is missing/],
  },
  'no container': {
    files: one(({ spec }) => {
      Object.assign(spec.template.spec ?? {}, { containers: [] });
    }),
    told: [/agents\/agent\.yaml:\d+: spec\.template\.spec\.containers/],
  },
  'a text where a number is expected': {
    files: one(({ spec }) => {
      Object.assign(spec, { minReadySeconds: 'soon' });
    }),
    told: [/agents\/agent\.yaml:\d+: .*minReadySeconds/],
  },
  'a field that does not exist': {
    files: (good) => ({
      'agents/agent.yaml': good.replace('image: bad:1', 'image: bad:1\n          imagePullPolice: Always'),
    }),
    told: [/agents\/agent\.yaml:19: .*imagePullPolice/],
  },
  'a selector that does not match the template': {
    files: one(({ spec }) => {
      spec.template.metadata = { labels: { app: 'other' } };
    }),
    told: [/agents\/agent\.yaml:\d+: spec\.selector.*does not match the pod template/],
  },
  'another selector than the one that runs': {
    files: (good) => ({ 'agents/agent.yaml': labels(labels(good)) }),
    told: [/agents\/agent\.yaml:6: spec\.selector: .*cannot be changed.*another name/],
  },
  'a namespace that does not exist': {
    files: (good) => ({
      'agents/agent.yaml': good,
      'agents/config.yaml': stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'agent-config', namespace: 'no-such-namespace' },
      }),
    }),
    told: [
      /agents\/config\.yaml:5: metadata\.namespace: .*namespace no-such-namespace, which does not exist.*create it/,
    ],
  },
  'an empty directory': {
    files: () => ({ 'agents/README.md': 'Manifests will follow.\n' }),
    told: [/no manifests found in agents at [0-9a-f]{8}; add .*or correct spec\.source\.path/],
  },
  'no directory': { files: () => ({ 'README.md': 'Nothing here.\n' }), told: [/agents/] },
  'the DaemonSet deleted': {
    files: () => ({
      'agents/config.yaml': stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'agent-config' } }),
    }),
    told: [/DaemonSet bad-[0-9a-f]+\/agent is no longer in git.*keeps running.*Put it back/s],
  },
  'several slips at once': {
    files: (good) => ({
      'agents/agent.yaml': good.replace('kind: DaemonSet\n', ''),
      'agents/config.yaml': '{',
      'agents/more.yaml': stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
    }),
    told: [/3 errors/, /agent\.yaml:\d+: kind/, /config\.yaml:\d+: not valid YAML/, /more\.yaml:\d+: metadata/],
  },
};

async function installed(scene: Scene): Promise<void> {
  const first = await scene.commit({ 'agents/agent.yaml': scene.agent('bad:1') });
  const spec = application({
    name: scene.name,
    repo: scene.repo.url,
    namespace: scene.namespace,
    rollout,
    path: 'agents',
  });
  await product.client.configure(spec, 'ann');
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
}

describe.concurrent('a commit that cannot be used', () => {
  test('changes nothing, says what is wrong and where, and the next good commit works', async ({
    onTestFinished,
    expect,
  }) => {
    const scene = await makeScene({ product, prefix: 'bad', nodes, onTestFinished });
    await installed(scene);
    const good = scene.agent('bad:1');
    const uids = await scene.uids();
    let round = 0;
    for (const [what, { files, told }] of Object.entries(cases)) {
      const before = { live: versionOf(await scene.live()), record: await scene.record() };
      const commit = await scene.push(files(good), what);
      const outcome = await scene.outcome(commit);
      expect.soft(outcome, what).toMatchObject({ outcome: 'invalid', subject: what });
      for (const sentence of told) expect.soft(outcome.cause, what).toMatch(sentence);
      const status = await scene.status();
      expect.soft(status.phase, what).toBe('invalid');
      expect.soft(status.sentence, what).toContain(`nodewave sync ${scene.name}`);
      expect.soft({ live: versionOf(await scene.live()), record: await scene.record() }, what).toEqual(before);

      round += 1;
      const fixed = changed(good, ({ metadata }) => {
        metadata.labels = { round: `r${round}` };
      });
      const fix = await scene.push({ 'agents/agent.yaml': fixed }, `After ${what}`);
      expect.soft(await scene.outcome(fix), `after ${what}`).toMatchObject({ outcome: 'configured' });
      expect.soft((await scene.live()).metadata.labels, `after ${what}`).toEqual({ round: `r${round}` });
    }
    expect(await scene.uids(), 'no pod was restarted by any of them').toEqual(uids);
    const next = await scene.push({ 'agents/agent.yaml': scene.agent('bad:2') });
    expect(await scene.outcome(next)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'bad:2': nodeCount });
  });

  test('a ref that does not exist, or not any more, is waited for', async ({ onTestFinished, expect }) => {
    const scene = await makeScene({ product, prefix: 'ref', nodes, onTestFinished });
    const first = await scene.commit({ 'agent.yaml': scene.agent('bad:1') });
    const spec = application({
      name: scene.name,
      repo: scene.repo.url,
      namespace: scene.namespace,
      rollout,
      interval: '1s',
    });
    const following = { ...spec, source: { ...spec.source, ref: { branch: 'release' } } };
    await product.client.configure(following, 'ann');
    const refused = await scene.phase('invalid');
    expect(refused.recent[0]).toMatchObject({
      outcome: 'invalid',
      cause: expect.stringMatching(
        /^branch release does not exist in .*agents\.git; push it, or correct spec\.source\.ref$/,
      ),
    });
    await scene.repo.git('push', '--quiet', 'origin', 'main:release');
    expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });

    const before = versionOf(await scene.live());
    await scene.repo.git('push', '--quiet', 'origin', ':release');
    expect((await scene.phase('invalid')).sentence).toContain('branch release has vanished from');
    expect(versionOf(await scene.live())).toBe(before);
    const second = await scene.commit({ 'agent.yaml': scene.agent('bad:2') });
    await scene.repo.git('push', '--quiet', 'origin', 'main:release');
    expect(await scene.outcome(second)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'bad:2': nodeCount });
  });

  test('a DaemonSet that two applications claim stays with the first one', async ({ onTestFinished, expect }) => {
    const scene = await makeScene({ product, prefix: 'claim', nodes, rollout, onTestFinished });
    const first = await scene.commit({ 'agent.yaml': scene.agent('bad:1') });
    await scene.configure();
    expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
    const before = versionOf(await scene.live());
    const rival = `${scene.name}-rival`;
    const second = await scene.commit({ 'agent.yaml': scene.agent('bad:2') });
    const spec = application({ name: rival, repo: scene.repo.url, namespace: scene.namespace, rollout });
    await product.client.configure(spec, 'bob');
    const told = await waitFor(async () => (await product.client.applicationStatus(rival)).recent[0], {
      timeoutMs: 60_000,
      what: 'what the second application is told',
    });
    expect(told).toMatchObject({
      commit: second,
      outcome: 'invalid',
      cause: expect.stringMatching(
        new RegExp(
          `agent.yaml:1: DaemonSet ${scene.namespace}/agent is managed by application ${scene.name}; .*nodewave delete ${scene.name}`,
        ),
      ),
    });
    expect(versionOf(await scene.live())).toBe(before);

    await product.client.changed(scene.name, { deliveryId: second, source: 'cli', refs: [] });
    expect(await scene.outcome(second), 'the first one goes on as if nothing had been').toMatchObject({
      outcome: 'succeeded',
    });
    expect(await scene.images()).toEqual({ 'bad:2': nodeCount });
  });
});
