import {
  type Amounts,
  amounts,
  grows,
  type RequestingSpec,
  requestsOf,
  sum,
  withoutRoom,
} from '../../domain/cluster/fit.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { Node, ObjectMeta, RawTemplate } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import type { RolloutCall } from './call.ts';

/** Most nodes named in the note. */
const named = 5;

interface RawPod {
  metadata: ObjectMeta;
  spec?: RequestingSpec & { nodeName?: string };
}

/**
 * A note for the plan when pods of the new template would find no room on some nodes: on a DaemonSet's node nothing is preempted
 * by itself, they stay Pending (S20). Reads all pods of the cluster, so only when the template requests more than before.
 * Null where all fit, nothing more is requested, or the worker may not list the pods of all namespaces.
 * @param eligible names of the nodes on which the new template runs
 * @param before the live template; null when the DaemonSet is not there yet
 * @param daemonSetUid whose own pods make room; null when there are none
 */
export async function roomNote(
  call: RolloutCall,
  input: { eligible: ReadonlySet<string>; before: RawTemplate | null; after: RawTemplate; daemonSetUid: string | null },
): Promise<string | null> {
  const wanted = requestsOf((input.after.spec ?? {}) as RequestingSpec);
  const had = input.before === null ? {} : requestsOf((input.before.spec ?? {}) as RequestingSpec);
  if (!grows(had, wanted)) return null;
  try {
    const used = await requestedByOthers(call, input.daemonSetUid);
    const nodes = await call.client.list(paths.nodes(), {
      project: (node: Node) => ({ name: node.metadata.name, allocatable: amounts(node.status?.allocatable) }),
      signal: call.signal,
    });
    const short = withoutRoom(
      nodes.items.filter((node) => input.eligible.has(node.name)),
      used,
      wanted,
    );
    return short.length === 0 ? null : sentence(short);
  } catch (error) {
    if (hasStatus(error, 403)) return null;
    throw error;
  }
}

async function requestedByOthers(call: RolloutCall, daemonSetUid: string | null): Promise<Map<string, Amounts>> {
  const { items } = await call.client.list(paths.allPods(), {
    fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
    project: (pod: RawPod) => {
      const own = daemonSetUid !== null && pod.metadata.ownerReferences?.some((owner) => owner.uid === daemonSetUid);
      return own === true ? null : { node: pod.spec?.nodeName ?? '', requests: requestsOf(pod.spec ?? {}) };
    },
    signal: call.signal,
  });
  const used = new Map<string, Amounts>();
  for (const pod of items) if (pod !== null) used.set(pod.node, sum(used.get(pod.node) ?? {}, pod.requests));
  return used;
}

function sentence(short: readonly string[]): string {
  const more = short.length > named ? ` and ${short.length - named} more` : '';
  const nodes = short.length === 1 ? 'one node' : `${short.length} nodes`;
  return `What the new template requests does not fit beside other pods on ${nodes} (${short.slice(0, named).join(', ')}${more}): its pods would stay Pending there.`;
}
