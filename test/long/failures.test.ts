import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import type { RolloutView } from '../../client/index.ts';
import { applyManifests, parseManifests } from '../../dev/stack/manifests.ts';
import { deleteNodes, nodeGroupLabel, poolLabel, scaleNodes } from '../../dev/stack/nodes.ts';
import { applyStages, crashLoop } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { SyncOutcome } from '../../domain/wire.ts';
import { imageOf, makeScene, nodeOf } from '../e2e/scene.ts';
import { allDeletes, auditedDeletes, isWorker } from '../support/audit.ts';
import { adminKube, deleteNamespace, makeNamespace, uniqueName } from '../support/cluster.ts';
import { type FakeKubelet, startKubelet } from '../support/kubelet.ts';
import { application } from '../support/manifests.ts';
import { recordPods } from '../support/pod-history.ts';
import { clusterName, type Product, startProduct } from '../support/product.ts';
import { makeRepo, type TestRepo } from '../support/repo.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';
import { type Exhibit, exhibits, good, placed } from './gallery.ts';

const root = join(import.meta.dirname, '..', '..');
const nodesEach = 3;

/** What admission refuses before a node is touched, in an application of its own: one such object refuses all of a commit. */
const refused = 'selector-mismatch';

/** The others are divided among applications that break one after the other: all at once would wait for each other here. */
const waves = 4;

/** The deadline is what those wait for that no kubelet speaks of; it has room for the way back on a loaded machine. */
const rollout = { batches: [{ name: 'canary', nodes: 1 }, { nodes: '100%' }], readyWithin: '15s', maxUnavailable: 1 };

/** A service account of this file's own, because it may read logs and events, which the others may not. */
const account = uniqueName('nodewave');
const group = uniqueName('gallery');

// For one release on a loaded machine; all of them have their own.
vi.setConfig({ testTimeout: 180_000 });

/** Kinds of a setup that go with no namespace. Their own selectors keep them to the namespace of their exhibit. */
const ofCluster: Record<string, string> = {
  MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
};

interface Placed extends Exhibit {
  namespace: string;
  nodeSelector: Record<string, string>;
}

let product: Product;
let kubelet: FakeKubelet;
let repo: TestRepo;
let all: Placed[];
let namespaces: string[];

const rolling = (): Placed[] => all.filter(({ name }) => name !== refused);
/** An exhibit without stages waits for its deadline, so every wave has its share of those. */
const wave = (number: number): Placed[] => rolling().filter((_, index) => index % waves === number);

beforeAll(async () => {
  product = await startProduct({ account });
  const kube = await adminKube();
  const rights = readFileSync(join(root, 'deploy', 'rbac-diagnosis.yaml'), 'utf8');
  await applyManifests(kube, { text: rights.replaceAll('nodewave', account) });
  const found = exhibits();
  kubelet = await startKubelet(
    (_namespace, pod) => found.find(({ name }) => pod.startsWith(`${name}-`))?.log ?? undefined,
  );
  const pools = found.map(({ name }) => name);
  const nodes = await scaleNodes(kube, nodesEach * found.length, { prefix: group, pools });
  await Promise.all(nodes.map((node) => kubelet.serve(node)));
  const shared = await makeNamespace('gallery');
  namespaces = [shared];
  all = [];
  for (const one of found) {
    const nodeSelector = { [nodeGroupLabel]: group, [poolLabel]: one.name };
    // Quotas and the like are of a whole namespace.
    const namespace = one.setup.length === 0 ? shared : await makeNamespace('gallery');
    if (namespace !== shared) namespaces.push(namespace);
    if (one.stages !== null) await applyManifests(kube, { text: one.stages });
    for (const object of one.setup) {
      const own =
        object.kind === 'Namespace' ? { ...object, metadata: { ...object.metadata, name: namespace } } : object;
      const text =
        own.kind === 'DaemonSet'
          ? placed(JSON.stringify(own), own.metadata.name, { namespace, nodeSelector })
          : JSON.stringify(own);
      await applyManifests(kube, { text }, { namespace });
    }
    all.push({ ...one, namespace, nodeSelector });
  }
  repo = await makeRepo();
}, stackTimeoutMs);

afterAll(async () => {
  repo?.remove();
  for (const { metadata } of (all ?? []).flatMap(({ stages }) => parseManifests(stages ?? ''))) {
    await product.kube.remove(`/apis/kwok.x-k8s.io/v1alpha1/stages/${metadata.name}`);
  }
  for (const { kind, metadata } of (all ?? []).flatMap(({ setup }) => setup)) {
    const plural = ofCluster[kind];
    if (plural !== undefined)
      await product.kube.remove(`/apis/admissionregistration.k8s.io/v1/${plural}/${metadata.name}`);
  }
  await Promise.all((namespaces ?? []).map(deleteNamespace));
  await deleteNodes(await adminKube(), group);
  await kubelet?.stop();
  await product?.stop();
});

const files: Record<string, string> = {};

/** Changes the folder of one application in the repository of all, and returns what came of it. */
async function push(part: string, of: readonly Placed[], text: (one: Placed) => string): Promise<SyncOutcome> {
  for (const one of of) files[`${part}/${one.name}.yaml`] = placed(text(one), one.name, one);
  const commit = await repo.push(files);
  const name = `${group}-${part}`;
  const namespace = of[0]?.namespace ?? '';
  await product.client.configure(application({ name, repo: repo.url, path: part, namespace, rollout }), 'ann');
  return await waitFor(
    async () => (await product.client.applicationStatus(name)).recent.find((one) => one.commit === commit),
    { timeoutMs: 170_000, everyMs: 500, what: `an outcome of commit ${commit} in ${name}` },
  );
}

/** Uid and image of the pod on each node of an exhibit. */
async function podsOf({ name, namespace }: Placed): Promise<Record<string, string>> {
  const { items } = await product.kube.list<Pod>(paths.pods(namespace), { labelSelector: `app=${name}` });
  const live = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return Object.fromEntries(live.map((pod) => [nodeOf(pod), `${pod.metadata.uid} ${imageOf(pod)}`]));
}

const refOf = ({ name, namespace }: Placed) => ({ cluster: clusterName, namespace, name });

/** Everything that is not as the gallery promises, as sentences. */
async function complaints(one: Placed, before: Record<string, string>, auditLog: string): Promise<string[]> {
  const view = await product.client.rolloutStatus(refOf(one));
  const after = await podsOf(one);
  const [taken = ''] = view.nodesTouched;
  const names = new Set(Object.values(before).map((pod) => pod.split(' ')[0]));
  const first = auditedDeletes(auditLog, one.namespace).filter(({ uid }) => names.has(uid));
  const [found] = view.diagnoses ?? [];
  const says = (holds: boolean, what: string): string[] => (holds ? [] : [`${one.name}: ${what}`]);
  return [
    ...says(view.phase === 'rolledBack', `ended as ${view.phase}: ${view.sentence}`),
    ...says(view.batch === 0 && view.nodesTouched.length === 1, `reached ${view.nodesTouched.length} nodes`),
    ...says(first.length === 1, `${first.length} pods of the version that worked were deleted`),
    ...says(found?.cause === one.cause, `expected ${one.cause}, found ${told(view)}`),
    ...says(found !== undefined && found.nextStep !== '' && found.evidence.length > 0, 'no evidence or next step'),
    ...Object.entries(before).flatMap(([node, pod]) =>
      node === taken ? [] : says(after[node] === pod, `the pod on ${node} was not to be touched`),
    ),
    ...says(
      Object.values(after).filter((pod) => pod.endsWith(' registry.example.com/agent:1.0')).length === nodesEach,
      'not all nodes are back',
    ),
  ];
}

function told(view: RolloutView): string {
  const all = (view.diagnoses ?? []).map(
    ({ cause, confidence, evidence }) => `${cause} ${confidence} ${JSON.stringify(evidence)}`,
  );
  return `${all.join('; ') || 'nothing'}; findings ${JSON.stringify(view.findings)}`;
}

test('every exhibit is stopped at the canary, named and rolled back; untouched nodes stay untouched', async () => {
  const { auditLogFile } = await testStack();
  const startedMs = Date.now();
  const found: string[] = [];
  for (let number = 0; number < waves; number++) {
    const shown = wave(number);
    expect(await push(`wave-${number}`, shown, good)).toMatchObject({ outcome: 'installed' });
    const before = await Promise.all(shown.map(podsOf));
    expect(await push(`wave-${number}`, shown, ({ bad }) => bad)).toMatchObject({ outcome: 'rolledBack' });
    const said = shown.map((one, index) => complaints(one, before[index] ?? {}, auditLogFile));
    found.push(...(await Promise.all(said)).flat());
  }
  process.stdout.write(`${rolling().length} failing releases in ${Math.round((Date.now() - startedMs) / 1_000)} s\n`);
  expect(found).toEqual([]);
}, 600_000);

test('what the API server refuses is refused before a node is touched', async () => {
  const exhibit = all.filter(({ name }) => name === refused);
  expect(await push('refused', exhibit, good)).toMatchObject({ outcome: 'installed' });
  const before = await Promise.all(exhibit.map(podsOf));
  const { outcome, cause } = await push('refused', exhibit, ({ bad }) => bad);
  expect(outcome).toBe('invalid');
  expect(cause).toMatch(/selector/);
  expect(await Promise.all(exhibit.map(podsOf))).toEqual(before);
});

test('nodewave explain says it in words, after the rollout has ended, and of a pod that is well', async () => {
  const one = all.find(({ name }) => name === 'api-forbidden');
  if (one === undefined) throw new Error('the gallery has no api-forbidden');
  const run = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(root, 'bin', 'nodewave.mjs'), 'explain', ...args, '-n', one.namespace, '--cluster', clusterName],
      {
        env: {
          ...process.env,
          TEMPORAL_ADDRESS: product.temporal.config.address,
          TEMPORAL_NAMESPACE: product.temporal.config.namespace,
        },
      },
    );
    return stdout;
  };
  const page = await run(`ds/${one.name}`);
  expect(page).toContain('ApiForbidden (confidence high; the release is to blame)');
  expect(page).toMatch(/cannot list resource "nodes"/);
  const { items } = await product.kube.list<Pod>(paths.pods(one.namespace), { labelSelector: `app=${one.name}` });
  const pod = items.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  expect(await run(`pod/${pod?.metadata.name}`)).toMatch(/is well: ready, 0 restarts/);
});

test('from the first crash of a canary to the rollout stopped: at most 5 s', async ({ onTestFinished }) => {
  const image = `${uniqueName('registry.example.com/agent')}:crash`;
  await applyStages(await adminKube(), crashLoop(image));
  const { auditLogFile } = await testStack();
  const scene = await makeScene({ product, prefix: 'crash', nodes: nodesEach, rollout, onTestFinished });
  const history = await recordPods(product.kube, scene.namespace);
  onTestFinished(async () => history.stop());
  const first = await scene.commit({ 'agent.yaml': scene.agent('registry.example.com/agent:1.0') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const commit = await scene.push(scene.agent(image));
  const crash = await history.until((event) => event.image === image && event.phase === 'Running' && !event.available);
  expect(await scene.outcome(commit)).toMatchObject({ outcome: 'rolledBack' });
  // The way back begins with last good as the live template; the first pod that it deletes is the one that crashed.
  const [goesBack] = allDeletes(auditLogFile, scene.namespace).filter(
    ({ uid, user }) => uid === crash.uid && isWorker(user),
  );
  const stoppedAfterMs = (goesBack?.atMs ?? Number.NaN) - crash.atMs;
  process.stdout.write(`first crash to the crashed pod taken back, diagnosis included: ${stoppedAfterMs} ms\n`);
  expect(stoppedAfterMs).toBeLessThanOrEqual(5_000);
  const [diagnosis] = (await product.client.rolloutStatus(scene.ref)).diagnoses ?? [];
  expect(diagnosis).toMatchObject({ cause: 'Crash', node: crash.node });
});
