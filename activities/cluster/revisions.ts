import { setTimeout as sleep } from 'node:timers/promises';
import { digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { type DaemonSetRef, daemonSetLabel } from '../../domain/ids.ts';
import type { PodTemplate } from '../../domain/record.ts';
import type { ClusterClient } from './client.ts';
import type { ControllerRevision, DaemonSet } from './objects.ts';
import { paths } from './paths.ts';
import { labelSelectorOf } from './selector.ts';

/** A DaemonSet's ControllerRevision. */
export interface Revision {
  name: string;
  /** Label `controller-revision-hash`, the one its pods carry. */
  hash: string;
  /** Counts up; a template that returns gets its old object with a new number. */
  revision: number;
  template: PodTemplate;
}

const pollMs = 100;

/**
 * The DaemonSet's own revisions, newest first. Owned by uid: a DaemonSet that was deleted and made again finds the
 * revisions of the old one beside its own.
 */
export async function ownedRevisions(client: ClusterClient, daemonSet: DaemonSet): Promise<Revision[]> {
  const { uid, namespace = '' } = daemonSet.metadata;
  const { items } = await client.list<ControllerRevision, Revision | null>(paths.controllerRevisions(namespace), {
    labelSelector: labelSelectorOf(daemonSet),
    project: (item) => (item.metadata.ownerReferences?.some((owner) => owner.uid === uid) ? revisionOf(item) : null),
  });
  return items.filter((item) => item !== null).sort((a, b) => b.revision - a.revision);
}

/**
 * The revision of the live template: the owned one that holds it, as the controller itself finds it; where none does, the one with
 * the highest number. The number alone is not enough: after an outage of the API server a controller that does not know of the
 * newest revision yet leaves the number of one that returns below it. Only valid once the controller has seen the newest
 * generation (S33), so it throws Infrastructure before that; see `waitObserved`.
 */
export async function newestRevision(client: ClusterClient, daemonSet: DaemonSet): Promise<Revision> {
  if (!isObserved(daemonSet)) throw notObserved(daemonSet);
  const revisions = await ownedRevisions(client, daemonSet);
  const live = digest(daemonSet.spec.template);
  const found = revisions.find(({ template }) => digest(template) === live) ?? revisions[0];
  if (found === undefined) throw notObserved(daemonSet);
  return found;
}

/**
 * Waits until the DaemonSet controller has seen at least `generation` (S33) and returns the DaemonSet as it is then.
 * Throws Conflict when the DaemonSet is gone, Infrastructure when `deadlineMs` (milliseconds from now) have passed:
 * a controller manager that does not run is no failure of a release.
 */
export async function waitObserved(
  client: ClusterClient,
  ref: Pick<DaemonSetRef, 'namespace' | 'name'>,
  generation: number,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<DaemonSet> {
  const until = performance.now() + deadlineMs;
  while (true) {
    const daemonSet = await client.get<DaemonSet>(paths.daemonSet(ref), { signal });
    if (daemonSet === null) throw new NodewaveError('Conflict', `DaemonSet ${daemonSetLabel(ref)} was deleted`);
    if ((daemonSet.status?.observedGeneration ?? 0) >= generation) return daemonSet;
    if (performance.now() >= until) throw notObserved(daemonSet);
    await sleep(pollMs, undefined, { signal });
  }
}

function isObserved({ metadata, status }: DaemonSet): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

function notObserved({ metadata, status }: DaemonSet): NodewaveError {
  return new NodewaveError(
    'Infrastructure',
    `the DaemonSet controller has not seen generation ${metadata.generation} of ${metadata.namespace}/${metadata.name} ` +
      `(it has seen ${status?.observedGeneration ?? 0}); check that kube-controller-manager runs`,
  );
}

function revisionOf(item: ControllerRevision): Revision {
  const { $patch: _patch, ...template } = item.data?.spec?.template ?? {};
  return {
    name: item.metadata.name,
    hash: item.metadata.labels?.['controller-revision-hash'] ?? '',
    revision: item.revision,
    template,
  };
}
