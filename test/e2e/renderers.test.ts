import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApplicationSource } from '../../domain/application/spec.ts';
import { renderTools, toolsTimeoutMs } from '../activities/render/support.ts';
import { application } from '../support/manifests.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { makeScene, type Scene } from './scene.ts';

let product: Product;

beforeAll(async () => {
  const { kustomize, helm } = await renderTools();
  // The worker is a process of its own and reads them there.
  process.env.NODEWAVE_KUSTOMIZE = kustomize;
  process.env.NODEWAVE_HELM = helm;
  product = await startProduct();
}, stackTimeoutMs + toolsTimeoutMs);

afterAll(async () => {
  delete process.env.NODEWAVE_KUSTOMIZE;
  delete process.env.NODEWAVE_HELM;
  await product?.stop();
});

const rollout = { batches: [{ name: 'canary', nodes: 1 }, { nodes: '100%' }], readyWithin: '30s' };

async function configure(scene: Scene, source: Partial<ApplicationSource>): Promise<void> {
  const { name, namespace } = scene;
  const spec = application({ name, repo: scene.repo.url, namespace, rollout });
  await product.client.configure({ ...spec, source: { ...spec.source, ...source } }, 'ann');
}

test('an overlay of kustomize is installed; a changed tag and setting roll out in batches; what is remote changes nothing', async ({
  onTestFinished,
}) => {
  const scene = await makeScene({ product, prefix: 'kustomize', nodes: 3, onTestFinished });
  const files = (tag: string, resources = '../base'): Record<string, string> => ({
    'base/kustomization.yaml': 'resources: [agent.yaml]\n',
    'base/agent.yaml': scene.agent('overlay'),
    'prod/kustomization.yaml': `resources: [${resources}]
images: [{name: overlay, newTag: "${tag}"}]
configMapGenerator: [{name: settings, literals: [level=${tag}]}]
`,
  });
  await configure(scene, { path: 'prod' });
  const first = await scene.push(files('1'));
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  expect(await scene.images()).toEqual({ 'overlay:1': 3 });

  const second = await scene.push(files('2'));
  expect(await scene.outcome(second)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'overlay:2': 3 });

  const before = await scene.uids();
  const remote = await scene.push(files('3', 'https://example.com/base'));
  expect(await scene.outcome(remote)).toMatchObject({
    outcome: 'invalid',
    cause: expect.stringContaining(
      'prod/kustomization.yaml:1: resources[0]: https://example.com/base is outside of this repository',
    ),
  });
  expect(await scene.uids()).toEqual(before);
});

test('a chart of helm is installed; a changed value rolls out; a chart that makes no valid object changes nothing', async ({
  onTestFinished,
}) => {
  const scene = await makeScene({ product, prefix: 'helm', nodes: 3, onTestFinished });
  const files = (tag: string, more = ''): Record<string, string> => ({
    'chart/Chart.yaml': 'apiVersion: v2\nname: agent\nversion: 1.0.0\n',
    'chart/values.yaml': 'tag: none\n',
    'chart/templates/agent.yaml': scene.agent('chart:{{ .Values.tag }}') + more,
    'values/prod.yaml': `tag: "${tag}"\n`,
  });
  await configure(scene, {
    path: 'chart',
    render: 'helm',
    helm: { valuesFiles: ['values/prod.yaml'], version: '1.0.0' },
  });
  const first = await scene.push(files('1'));
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  expect(await scene.images()).toEqual({ 'chart:1': 3 });

  const second = await scene.push(files('2'));
  expect(await scene.outcome(second)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'chart:2': 3 });

  const before = await scene.uids();
  const broken = await scene.push(files('3', '---\nkind: ConfigMap\nmetadata: {name: x}\n'));
  expect(await scene.outcome(broken)).toMatchObject({
    outcome: 'invalid',
    cause: expect.stringMatching(/chart\/templates\/agent\.yaml \(rendered by helm\):\d+: apiVersion: is missing/),
  });
  expect(await scene.uids()).toEqual(before);
});
