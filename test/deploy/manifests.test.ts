import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClusterClient, createClusterClient } from '../../activities/cluster/client.ts';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';
import { serviceAccountKubeconfig } from '../../dev/stack/kubeconfig.ts';
import { applyManifests, parseManifests } from '../../dev/stack/manifests.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { adminKube, uniqueName } from '../support/cluster.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';

const deploy = join(import.meta.dirname, '..', '..', 'deploy');
let folder: string;
let admin: ClusterClient;
let account: ClusterClient;

beforeAll(async () => {
  const stack = await testStack();
  folder = mkdtempSync(join(tmpdir(), 'nodewave-deploy-'));
  admin = createClusterClient(await adminKube());
  await applyManifests(await adminKube(), { file: join(deploy, 'rbac.yaml') });
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  await serviceAccountKubeconfig(stack.kubeconfigFile, 'nodewave', 'nodewave', kubeconfig);
  account = createClusterClient(loadKubeConfig(kubeconfig));
}, stackTimeoutMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether the account of deploy/rbac.yaml may do something, as the API server says. */
async function may(verb: string, resource: string, group = '', namespace = 'default'): Promise<boolean> {
  const review = await account.create<{ status: { allowed: boolean } }>(
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, resource, group, namespace } },
    },
    { fieldManager: 'test' },
  );
  return review.status.allowed;
}

test.each([
  ['list', 'nodes', ''],
  ['watch', 'pods', ''],
  ['delete', 'pods', ''],
  ['patch', 'daemonsets', 'apps'],
  ['list', 'controllerrevisions', 'apps'],
  ['get', 'secrets', ''],
  ['patch', 'configmaps', ''],
])('the worker may %s %s', async (verb, resource, group) => {
  expect(await may(verb, resource, group)).toBe(true);
});

test.each([
  ['list', 'secrets', ''],
  ['create', 'events', ''],
  ['watch', 'secrets', ''],
  ['delete', 'secrets', ''],
  ['delete', 'daemonsets', 'apps'],
  ['deletecollection', 'pods', ''],
  ['delete', 'configmaps', ''],
  ['delete', 'namespaces', ''],
  ['patch', 'nodes', ''],
  ['create', 'pods/exec', ''],
  ['create', 'pods/eviction', ''],
  ['get', 'pods/log', ''],
  ['list', 'events', ''],
  ['patch', 'deployments', 'apps'],
  ['escalate', 'clusterroles', 'rbac.authorization.k8s.io'],
  ['bind', 'clusterroles', 'rbac.authorization.k8s.io'],
  ['patch', 'clusterroles', 'rbac.authorization.k8s.io'],
  ['impersonate', 'users', ''],
  ['create', 'podtemplates', ''],
  ['patch', 'mutatingadmissionpolicies', 'admissionregistration.k8s.io'],
  ['create', 'serviceaccounts/token', ''],
])('the worker may not %s %s', async (verb, resource, group) => {
  expect(await may(verb, resource, group)).toBe(false);
});

test.each([
  ['rbac-hooks.yaml', 'patch', 'nodes', ''],
  ['rbac-hooks.yaml', 'get', 'jobs', 'batch'],
  ['rbac-hooks.yaml', 'create', 'jobs', 'batch'],
  ['rbac-hooks.yaml', 'delete', 'jobs', 'batch'],
  ['rbac-hooks.yaml', 'create', 'pods/eviction', ''],
  ['rbac-extra.yaml', 'delete', 'daemonsets', 'apps'],
  ['rbac-extra.yaml', 'delete', 'controllerrevisions', 'apps'],
  ['rbac-gates.yaml', 'list', 'jobs', 'batch'],
  ['rbac-gates.yaml', 'create', 'jobs', 'batch'],
  ['rbac-gates.yaml', 'deletecollection', 'jobs', 'batch'],
  ['rbac-diagnosis.yaml', 'get', 'pods/log', ''],
  ['rbac-diagnosis.yaml', 'list', 'events', ''],
])('with %s it may %s %s, and not without', async (file, verb, resource, group) => {
  const who = uniqueName('nodewave');
  const reviewed = async (): Promise<boolean> => {
    const review = await admin.create<{ status: { allowed: boolean } }>(
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: `system:serviceaccount:${who}:${who}`,
          resourceAttributes: { verb, resource, group, namespace: 'default' },
        },
      },
      { fieldManager: 'test' },
    );
    return review.status.allowed;
  };
  expect(await reviewed()).toBe(false);
  const text = readFileSync(join(deploy, file), 'utf8').replaceAll('nodewave', who);
  await applyManifests(await adminKube(), { text });
  await waitFor(reviewed, { timeoutMs: 10_000, what: `the right to ${verb} ${resource}` });
});

test.each(['worker.yaml', 'rbac-extra.yaml', 'rbac-hooks.yaml', 'rbac-gates.yaml', 'rbac-diagnosis.yaml', 'pin.yaml'])(
  '%s is valid to the letter',
  async (file) => {
    const plurals: Record<string, string> = {
      ConfigMap: '/api/v1/namespaces/nodewave/configmaps',
      Service: '/api/v1/namespaces/nodewave/services',
      Deployment: '/apis/apps/v1/namespaces/nodewave/deployments',
      NetworkPolicy: '/apis/networking.k8s.io/v1/namespaces/nodewave/networkpolicies',
      ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
      ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
      MutatingAdmissionPolicy: '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies',
      MutatingAdmissionPolicyBinding: '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings',
    };
    for (const object of parseManifests(readFileSync(join(deploy, file), 'utf8'))) {
      const path = `${plurals[object.kind]}/${object.metadata.name}`;
      const options = { fieldManager: 'test', dryRun: true, force: true, fieldValidation: 'Strict' } as const;
      expect((await admin.apply<{ kind: string }>(path, object, options)).kind).toBe(object.kind);
    }
  },
);
