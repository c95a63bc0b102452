import { AppsV1Api, CoreV1Api, type V1ContainerStatus, type V1Pod } from '@kubernetes/client-node';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  applyStages,
  crashLoop,
  imagePullBackOff,
  neverReady,
  type Stage,
  slowReady,
  slowTermination,
} from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { adminKube, sharedNodes, testNamespace, uniqueName } from '../support/cluster.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';

let core: CoreV1Api;
let apps: AppsV1Api;

beforeAll(async () => {
  await testStack();
  core = (await adminKube()).makeApiClient(CoreV1Api);
  apps = (await adminKube()).makeApiClient(AppsV1Api);
}, stackTimeoutMs);

/** Runs a DaemonSet of one image, beside a healthy sidecar, and returns its namespace. */
async function run(image: string, stages: Stage[]): Promise<string> {
  await applyStages(await adminKube(), stages);
  const namespace = await testNamespace('stages');
  const labels = { app: 'agent' };
  const containers = [
    { name: 'main', image },
    { name: 'side', image: 'side:1' },
  ];
  await apps.createNamespacedDaemonSet({
    namespace,
    body: {
      metadata: { name: 'agent' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { nodeSelector: { ...sharedNodes }, containers } },
      },
    },
  });
  return namespace;
}

const ready = ({ status }: V1Pod) => status?.conditions?.find(({ type }) => type === 'Ready')?.status;
const container = ({ status }: V1Pod, name: string): V1ContainerStatus | undefined =>
  status?.containerStatuses?.find((entry) => entry.name === name);

/** Waits until `accept` holds for the pods of all twelve nodes. */
function allPods(namespace: string, what: string, accept: (pod: V1Pod) => boolean): Promise<V1Pod[]> {
  return waitFor(
    async () => {
      const { items } = await core.listNamespacedPod({ namespace });
      return items.length === 12 && items.every(accept) ? items : undefined;
    },
    { timeoutMs: 30_000, what },
  );
}

describe('stages show what a kubelet would', () => {
  test('a healthy image is ready with all its containers', async () => {
    const namespace = await run('good:1', []);
    const pods = await allPods(namespace, 'ready pods', (pod) => ready(pod) === 'True');
    expect(pods.every(({ status }) => status?.phase === 'Running')).toBe(true);
    const daemonset = await waitFor(
      async () => {
        const { status } = await apps.readNamespacedDaemonSet({ name: 'agent', namespace });
        return status?.numberAvailable === 12 ? status : undefined;
      },
      { timeoutMs: 10_000, what: 'the DaemonSet to count 12 available pods' },
    );
    expect(daemonset.desiredNumberScheduled).toBe(12);
  });

  test('a crash loop waits in CrashLoopBackOff, counts restarts and keeps the exit code', async () => {
    const image = `${uniqueName('crash')}:1`;
    const namespace = await run(image, crashLoop(image, { restartEveryMs: 500, exitCode: 137 }));
    const restarted = (pod: V1Pod) => (container(pod, 'main')?.restartCount ?? 0) >= 3;
    for (const pod of await allPods(namespace, 'three restarts', restarted)) {
      const main = container(pod, 'main');
      expect(main?.ready).toBe(false);
      expect(main?.state?.waiting?.reason).toBe('CrashLoopBackOff');
      expect(main?.state?.waiting?.message).toContain(`pod=${pod.metadata?.name}_${namespace}`);
      expect(main?.lastState?.terminated?.exitCode).toBe(137);
      expect(container(pod, 'side')?.ready).toBe(true);
      expect(ready(pod)).toBe('False');
    }
  });

  test('a late crash is ready first', async () => {
    const image = `${uniqueName('late')}:1`;
    const namespace = await run(image, crashLoop(image, { runsMs: 2_000 }));
    await allPods(namespace, 'ready pods', (pod) => ready(pod) === 'True');
    await allPods(namespace, 'crashed pods', (pod) => container(pod, 'main')?.restartCount === 1);
  });

  test('an image that cannot be pulled waits in ImagePullBackOff with a message', async () => {
    const image = `registry.example/${uniqueName('missing')}:1`;
    const namespace = await run(image, imagePullBackOff(image));
    const pending = (pod: V1Pod) => container(pod, 'main')?.state?.waiting?.reason === 'ImagePullBackOff';
    for (const pod of await allPods(namespace, 'pods in ImagePullBackOff', pending)) {
      expect(pod.status?.phase).toBe('Pending');
      expect(container(pod, 'main')?.state?.waiting?.message).toContain(`Back-off pulling image "${image}"`);
      expect(container(pod, 'main')?.restartCount).toBe(0);
    }
  });

  test('slow pods run at once and are ready later; pods that never get ready stay so', async () => {
    const [slow, never] = [`${uniqueName('slow')}:1`, `${uniqueName('never')}:1`];
    const slowNamespace = await run(slow, slowReady(slow, 1_500));
    await allPods(slowNamespace, 'running pods', (pod) => pod.status?.phase === 'Running');
    const neverNamespace = await run(never, neverReady(never));
    await allPods(slowNamespace, 'ready pods', (pod) => ready(pod) === 'True');
    const pods = await allPods(neverNamespace, 'running pods', (pod) => pod.status?.phase === 'Running');
    expect(pods.map(ready)).toEqual(Array.from({ length: 12 }, () => 'False'));
  });

  test('slow termination keeps the deleted pod until its delay is over', async () => {
    const image = `${uniqueName('slow-end')}:1`;
    const namespace = await run(image, slowTermination(image, 1_500));
    const [first] = await allPods(namespace, 'ready pods', (pod) => ready(pod) === 'True');
    const [name, uid] = [first?.metadata?.name ?? '', first?.metadata?.uid];
    await core.deleteNamespacedPod({ name, namespace });
    const deletedMs = Date.now();
    const leaving = await core.readNamespacedPod({ name, namespace });
    expect(leaving.metadata?.deletionTimestamp).toBeDefined();
    await allPods(namespace, 'a successor', (pod) => pod.metadata?.uid !== uid);
    expect(Date.now() - deletedMs).toBeGreaterThan(1_000);
  });
});
