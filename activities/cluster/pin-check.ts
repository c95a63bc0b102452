import { pinPolicyName, pinPolicyRevision, pinVersionProblem } from '../../domain/rollout/pin.ts';
import type { ClusterClient } from './client.ts';
import { hasStatus } from './kube-error.ts';
import type { ObjectMeta } from './objects.ts';
import { paths } from './paths.ts';

/**
 * Why pods cannot be pinned in this cluster, and what to do; null when they can. Errors of the API server are thrown, a missing
 * right is an answer.
 */
export async function pinProblem(client: ClusterClient): Promise<string | null> {
  const version = await client.get<{ major: string; minor: string; gitVersion: string }>('/version');
  const tooOld = version === null ? null : pinVersionProblem(version);
  if (tooOld !== null) return tooOld;
  const cure = 'have an administrator apply deploy/pin.yaml, or write "exposure: window"';
  try {
    const [policy, binding] = await Promise.all([
      client.get<{ metadata: ObjectMeta }>(paths.pinPolicy(pinPolicyName)),
      client.get<{ metadata: ObjectMeta }>(paths.pinPolicyBinding(pinPolicyName)),
    ]);
    if (policy === null)
      return `"exposure: pin" needs the MutatingAdmissionPolicy ${pinPolicyName}, which is not there; ${cure}`;
    if (binding === null) return `MutatingAdmissionPolicy ${pinPolicyName} has no binding ${pinPolicyName}; ${cure}`;
    const found = policy.metadata.annotations?.[pinPolicyRevision.key];
    if (found === pinPolicyRevision.value) return null;
    return `MutatingAdmissionPolicy ${pinPolicyName} has revision ${found ?? '(none)'} and this worker expects ${pinPolicyRevision.value}; ${cure}`;
  } catch (error) {
    if (hasStatus(error, 403)) return `"exposure: pin" needs rights that are missing (${error.message}); ${cure}`;
    throw error;
  }
}
