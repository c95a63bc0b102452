import { daemonSetLabel } from '../../domain/ids.ts';
import type { Grant, NodeChange } from '../../domain/record.ts';
import { type HookedNode, hooksAnnotation, type NodePatch, patchToUndo } from '../../domain/rollout/hooks.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { Node } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { retryMoved } from '../cluster/retry-moved.ts';

/** For whom a node is changed. */
export interface HookOwner {
  application: string;
  namespace: string;
  name: string;
}

/** A node as it was read, with the version that a write must name. */
export interface ReadNode {
  node: HookedNode;
  resourceVersion: string;
}

type Taken = Pick<Grant, 'node' | 'nodeUid'>;

/** Reads a granted node; null when it is gone, or another one has its name (S8). */
export async function readNode(client: ClusterClient, grant: Taken): Promise<ReadNode | null> {
  const found = await client.get<Node>(paths.node(grant.node));
  if (found === null || found.metadata.uid !== grant.nodeUid) return null;
  const { metadata, spec } = found;
  return {
    node: {
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
      unschedulable: spec?.unschedulable === true,
    },
    resourceVersion: metadata.resourceVersion,
  };
}

/**
 * Writes a patch to a node under a field manager of its own. Refused with a conflict when the node has moved on since it was read,
 * so also when another node has its name now.
 */
export async function writeNode(
  client: ClusterClient,
  owner: HookOwner,
  grant: Taken,
  read: Pick<ReadNode, 'resourceVersion'>,
  patch: NodePatch,
): Promise<void> {
  const { labels, annotations, unschedulable } = patch;
  const body = {
    metadata: { resourceVersion: read.resourceVersion, labels, annotations },
    // As kubectl does it: an uncordoned node has no such field.
    ...(unschedulable === undefined ? {} : { spec: { unschedulable: unschedulable ? true : null } }),
  };
  await client.patch(paths.node(grant.node), body, {
    type: 'merge',
    fieldManager: `nodewave-hooks:${owner.application}`,
  });
}

/** What the annotation on a changed node says, for people who meet it. */
export function hooksNote(owner: HookOwner, changes: readonly NodeChange[]): Record<string, string> {
  return { [hooksAnnotation]: `${noteHead(owner)}${JSON.stringify(changes)}` };
}

/**
 * Undoes what is in force of the changes, and nothing else. Repeating it changes nothing that anybody sees. A write of a worker
 * that slept between its read and its write is refused afterwards, whether or not it had come to it.
 * @param held throws when someone newer has the record
 */
export async function undoChanges(
  client: ClusterClient,
  owner: HookOwner,
  grant: Taken,
  changes: readonly NodeChange[],
  held: () => Promise<void>,
): Promise<void> {
  if (changes.length === 0) return;
  await retryMoved(async () => {
    let read = await readNode(client, grant);
    await held();
    const note = read?.node.annotations[hooksAnnotation];
    const ours = note?.startsWith(noteHead(owner)) === true;
    if (read !== null && !ours) {
      // Nothing of it shows, but it may be on its way from a worker that slept: this write makes its version an old one.
      await writeNode(client, owner, grant, read, { labels: {}, annotations: hooksNote(owner, changes) });
      read = await readNode(client, grant);
    }
    if (read === null) return;
    const patch = patchToUndo(changes, read.node);
    const annotations = { ...patch.annotations, [hooksAnnotation]: ours ? null : (note ?? null) };
    await writeNode(client, owner, grant, read, { ...patch, annotations });
  });
}

function noteHead(owner: HookOwner): string {
  return `${daemonSetLabel(owner)} `;
}
