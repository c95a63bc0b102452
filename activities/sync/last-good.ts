import { setTimeout as sleep } from 'node:timers/promises';
import { isAvailable } from '../../domain/cluster/availability.ts';
import type { NodeView, PodView } from '../../domain/cluster/view.ts';
import { digest } from '../../domain/digest.ts';
import type { GoodRevision, PodTemplate } from '../../domain/record.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet, Node, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { nodeView, podView } from '../cluster/project.ts';
import { newestRevision, waitObserved } from '../cluster/revisions.ts';
import { labelSelectorOf } from '../cluster/selector.ts';

/** Pods that were made just now get this long to become available before the template counts as unproven. */
const patienceMs = 15_000;
const lookEveryMs = 500;
const observeDeadlineMs = 20_000;

/** The live template of a DaemonSet, and whether it has proven itself. */
export interface LiveTemplate {
  templateDigest: string;
  template: PodTemplate;
  /** Null unless every pod on a Ready node is available and on the live template. */
  good: Omit<GoodRevision, 'commit' | 'atMs'> | null;
}

/**
 * Looks whether the live template may become last good: every pod on a Ready node is available on it. A pod on a node that
 * is not Ready says nothing about the template, and one dead node must not leave a fleet without a way back.
 */
export async function judgeLiveTemplate(
  client: ClusterClient,
  ref: { namespace: string; name: string },
  generation: number,
  signal: AbortSignal,
): Promise<LiveTemplate> {
  const until = performance.now() + patienceMs;
  while (true) {
    const daemonSet = await waitObserved(client, ref, generation, signal, observeDeadlineMs);
    const { name: revision, hash } = await newestRevision(client, daemonSet);
    const template = daemonSet.spec.template as PodTemplate;
    const templateDigest = digest(template);
    if (await isProven(client, daemonSet, hash, signal)) {
      return { templateDigest, template, good: { revision, hash, templateDigest } };
    }
    if (performance.now() >= until) return { templateDigest, template, good: null };
    await sleep(lookEveryMs, undefined, { signal });
  }
}

async function isProven(
  client: ClusterClient,
  daemonSet: DaemonSet,
  hash: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { uid, namespace = '' } = daemonSet.metadata;
  const [pods, nodes] = await Promise.all([
    client.list(paths.pods(namespace), {
      labelSelector: labelSelectorOf(daemonSet),
      project: (pod: Pod): PodView | null =>
        pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) ? podView(pod) : null,
      signal,
    }),
    client.list(paths.nodes(), { project: (node: Node) => nodeView(node), signal }),
  ]);
  const ready = new Set(nodes.items.filter((node: NodeView) => node.ready).map((node) => node.name));
  const owned = pods.items.filter((pod) => pod !== null);
  const judged = owned.filter((pod) => ready.has(pod.node));
  const minReadySeconds = daemonSet.spec.minReadySeconds ?? 0;
  const nowMs = Date.now();
  return (
    // The controller still makes pods while it wants more of them.
    owned.length >= (daemonSet.status?.desiredNumberScheduled ?? 0) &&
    judged.every((pod) => pod.hash === hash && isAvailable(pod, minReadySeconds, pod.readySinceMs, nowMs))
  );
}
