import { expect, test } from 'vitest';
import type { ClusterClient } from '../../../activities/cluster/client.ts';
import { answerError } from '../../../activities/cluster/kube-error.ts';
import { pinProblem } from '../../../activities/cluster/pin-check.ts';
import { pinWarnings } from '../../../activities/sync/pin-warning.ts';
import { policyDefaults, type RolloutPolicy } from '../../../domain/rollout/policy.ts';

interface Found {
  minor?: string;
  policy?: { metadata: { annotations?: Record<string, string> } } | null;
  binding?: object | null;
  denied?: boolean;
}

/** A cluster that has what deploy/pin.yaml brings, but for what `found` says. */
function cluster(found: Found = {}): ClusterClient {
  const { minor = '36', binding = {}, denied = false } = found;
  const { policy = { metadata: { annotations: { 'nodewave.dev/pin-policy': '1' } } } } = found;
  const get = async (path: string) => {
    if (path === '/version') return { major: '1', minor, gitVersion: `v1.${minor}.0` };
    if (denied) {
      const message =
        'User "worker" cannot get resource "mutatingadmissionpolicies" in API group "admissionregistration.k8s.io"';
      throw answerError({ verb: 'get', path }, 403, JSON.stringify({ message }));
    }
    return path.includes('mutatingadmissionpolicybindings') ? binding : policy;
  };
  return { get } as unknown as ClusterClient;
}

test('a cluster with the policy can pin', async () => {
  expect(await pinProblem(cluster())).toBeNull();
});

test.each<[string, Found, string]>([
  ['too old', { minor: '34' }, 'needs Kubernetes 1.36 or newer, and this cluster is v1.34.0'],
  ['without the policy', { policy: null }, 'needs the MutatingAdmissionPolicy nodewave-pin, which is not there'],
  ['without its binding', { binding: null }, 'has no binding nodewave-pin'],
  ['with one of another Nodewave', { policy: { metadata: {} } }, 'has revision (none) and this worker expects 1'],
  ['without rights', { denied: true }, 'worker may not get mutatingadmissionpolicies at the cluster scope'],
])('%s: the sentence says what is missing and what to do', async (_name, found, sentence) => {
  const problem = await pinProblem(cluster(found));
  expect(problem).toContain(sentence);
  expect(problem).toContain('write "exposure: window"');
});

test('a plan warns of it only where a policy wants to pin', async () => {
  const policy = (exposure: RolloutPolicy['exposure']): RolloutPolicy => ({
    ...{ batches: [], maxUnavailable: 1, readyWithinMs: policyDefaults.readyWithinMs, maxRestarts: 0 },
    ...{ onFailure: 'pause', promoteAfter: 'last' },
    exposure,
  });
  expect(await pinWarnings(cluster({ policy: null }), [policy('window')])).toEqual([]);
  expect(await pinWarnings(cluster({ policy: null }), [policy('window'), policy('pin')])).toHaveLength(1);
  expect(await pinWarnings(cluster(), [policy('pin')])).toEqual([]);
});
