import type { NodeView, PodView } from '../../domain/cluster/view.ts';
import { type Refusal, refusalFinding, retryAfterMs } from '../../domain/rollout/eviction.ts';
import type { Finding } from '../../domain/wire.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus, type KubeError } from '../cluster/kube-error.ts';
import { paths } from '../cluster/paths.ts';

/** Longer than any pause between two tries, in milliseconds. */
const staleMs = 60_000;

/** Removes pods through the Eviction API, which asks their disruption budgets, and remembers whom they have refused (S15). */
export class Evictions {
  readonly #client: ClusterClient;
  readonly #refusals = new Map<string, Refusal & { triedMs: number; nextMs: number }>();

  constructor(client: ClusterClient) {
    this.#client = client;
  }

  /** Whether a pod may be tried: never refused, or long enough ago. */
  isDue(pod: PodView): boolean {
    return Date.now() >= (this.#refusals.get(pod.uid)?.nextMs ?? 0);
  }

  /** Evicts one pod: `gone` when it does not exist, `conflict` when it has changed since it was seen, `refused` by a budget. */
  async evict(
    namespace: string,
    pod: PodView,
    request: { signal: AbortSignal; timeoutMs: number },
  ): Promise<'deleted' | 'gone' | 'conflict' | 'refused'> {
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pod.name, namespace },
      deleteOptions: { preconditions: { uid: pod.uid, resourceVersion: pod.resourceVersion } },
    };
    try {
      await this.#client.create(paths.eviction(namespace, pod.name), eviction, {
        fieldManager: 'nodewave',
        ...request,
      });
      this.#refusals.delete(pod.uid);
      return 'deleted';
    } catch (error) {
      if (hasStatus(error, 404)) return 'gone';
      if (hasStatus(error, 409)) return 'conflict';
      if (!isRefusal(error)) throw error;
      this.#refused(pod, error);
      return 'refused';
    }
  }

  /** Pods that budgets have refused for longer than `withinMs`, as findings of their nodes by node uid. */
  found(nodes: readonly NodeView[], pods: readonly PodView[], withinMs: number): Map<string, Finding> {
    const found = new Map<string, Finding>();
    if (this.#refusals.size === 0) return found;
    const uids = new Map(nodes.map((node) => [node.name, node.uid]));
    const alive = new Map(pods.map((pod) => [pod.uid, pod]));
    for (const [uid, refusal] of this.#refusals) {
      const pod = alive.get(uid);
      const node = pod === undefined ? undefined : uids.get(pod.node);
      const over = pod === undefined || pod.terminatingUntilMs !== undefined;
      // One that was not asked for a while, because a window was closed, says nothing of the time since.
      if (over || Date.now() - refusal.triedMs > staleMs) this.#refusals.delete(uid);
      else if (node !== undefined && Date.now() - refusal.sinceMs > withinMs) {
        found.set(node, refusalFinding(pod, refusal, withinMs));
      }
    }
    return found;
  }

  #refused(pod: PodView, error: KubeError): void {
    const before = this.#refusals.get(pod.uid);
    const tries = (before?.tries ?? 0) + 1;
    const nowMs = Date.now();
    const said = error.causes.map((cause) => cause.message ?? '').find((text) => text !== '') ?? error.message;
    this.#refusals.set(pod.uid, {
      sinceMs: before?.sinceMs ?? nowMs,
      tries,
      said,
      triedMs: nowMs,
      nextMs: nowMs + retryAfterMs(tries),
    });
  }
}

/** Too many requests is said by a budget, and by an API server that is busy; more than one budget for a pod is an error of theirs. */
function isRefusal(error: unknown): error is KubeError {
  if (hasStatus(error, 429)) return error.causes.some((cause) => cause.reason === 'DisruptionBudget');
  return hasStatus(error, 500) && /more than one PodDisruptionBudget/.test(error.message);
}
