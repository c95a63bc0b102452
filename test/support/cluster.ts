import { randomBytes } from 'node:crypto';
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';
import { deleteNodes, nodeGroupLabel, scaleNodes } from '../../dev/stack/nodes.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { testStack } from './stack.ts';

/** A name that no other test uses, e.g. "t-3f9a1c2e". */
export const uniqueName = (prefix = 't'): string => `${prefix}-${randomBytes(4).toString('hex')}`;

let admin: Promise<KubeConfig> | undefined;

/** Admin client configuration of the run's cluster, one per test file, with reused connections. */
export function adminKube(): Promise<KubeConfig> {
  admin ??= testStack().then(({ kubeconfigFile }) => loadKubeConfig(kubeconfigFile));
  return admin;
}

/** Creates a namespace of its own and returns when pods can be made in it; for hooks, with `deleteNamespace`. */
export async function makeNamespace(prefix = 't'): Promise<string> {
  const core = (await adminKube()).makeApiClient(CoreV1Api);
  const name = uniqueName(prefix);
  await core.createNamespace({ body: { metadata: { name, labels: { 'nodewave.test/namespace': 'true' } } } });
  // Without the account the DaemonSet controller fails its first try and backs off.
  await waitFor(() => core.readNamespacedServiceAccount({ name: 'default', namespace: name }), {
    timeoutMs: 30_000,
    everyMs: 20,
    what: `the default service account of namespace ${name}`,
  });
  return name;
}

/** Has a namespace and all in it removed; does not wait for the end of that. */
export async function deleteNamespace(name: string): Promise<void> {
  await (await adminKube()).makeApiClient(CoreV1Api).deleteNamespace({ name });
}

/** A namespace of this test's own, removed when the test has ended. Call it inside a test. */
export async function testNamespace(prefix = 't'): Promise<string> {
  const name = await makeNamespace(prefix);
  onTestFinished(() => deleteNamespace(name));
  return name;
}

/** Nodes that belong to one test. */
export interface TestNodes {
  names: string[];
  /** Node selector that matches these and no others. */
  selector: Record<string, string>;
  remove(): Promise<void>;
}

/**
 * Makes `count` nodes of this test's own, Ready, spread over `zones` in turn. Test files run at once on one cluster: who
 * drains, labels, deletes or adds nodes does it to nodes of its own, and puts `selector` into its DaemonSet. The group is
 * named `<prefix>-<random>`; a later `scaleNodes` with that prefix (`names` start with it) adds or takes nodes.
 */
export async function makeNodes(prefix: string, count: number, zones?: readonly string[]): Promise<TestNodes> {
  const kube = await adminKube();
  const group = uniqueName(prefix);
  const names = await scaleNodes(kube, count, { prefix: group, zones });
  return { names, selector: { [nodeGroupLabel]: group }, remove: () => deleteNodes(kube, group) };
}

/** Selector of the 12 nodes that all tests share; without it a DaemonSet also lands on other tests' nodes. */
export const sharedNodes: Readonly<Record<string, string>> = { [nodeGroupLabel]: 'node' };
