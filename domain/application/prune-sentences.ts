import { formatDuration } from '../duration.ts';
import { daemonSetLabel } from '../ids.ts';
import { clockTime, shortCommit } from '../markdown.ts';
import type { PrunedDaemonSet } from '../sync.ts';
import { pruneBatchSize } from './prune-batches.ts';

type Ref = { namespace: string; name: string };

/** Names in a sentence. */
const shownNames = 10;

/** What the plan says about a DaemonSet that git no longer has, with `sync.prune` on. */
export function pruneWarning(one: PrunedDaemonSet): string {
  const name = `DaemonSet ${daemonSetLabel(one)}`;
  const once = 'once everything else of the commit has succeeded';
  const { pods, batches } = one;
  if (batches === undefined || pods === 0) {
    return `${name} is no longer in git: it is deleted with its ${pods} pods ${once} (sync.prune)`;
  }
  if (batches.stopped !== undefined) return `${batches.stopped}; it stays so until a person syncs`;
  const size = pruneBatchSize(batches.inBatches, pods);
  const count = Math.ceil(pods / size);
  const how = `in ${counted(count, 'batch', 'batches')} of at most ${size}`;
  const lastMs = Math.max(0, count - 1) * batches.pauseMs;
  const between = `${formatDuration(batches.pauseMs)} between two of them, so it takes at least ${formatDuration(lastMs)}`;
  return batches.begun
    ? `${name} is no longer in git: ${counted(pods, 'pod')} that pruning has left are deleted ${once}, ${how}, ${between} (sync.prune)`
    : `${name} is no longer in git: ${once} it is deleted, and then its ${counted(pods, 'pod')} ${how}, ${between} (sync.prune)`;
}

/** What the plan says of pods that pruning has left, now that it is off. */
export function pruneOffWarning(ref: Ref, pods: number, selector: string): string {
  return (
    `DaemonSet ${daemonSetLabel(ref)} was being pruned when sync.prune was switched off: ${counted(pods, 'pod')} of it ${pods === 1 ? 'runs' : 'run'} on without it. ` +
    `Switch it on again, put the DaemonSet back into git, which adopts them, or delete them with \`kubectl delete pods -n ${ref.namespace} -l '${selector}'\``
  );
}

/** What is left when the application is deleted. */
export function pruneForgotten(ref: Ref, pods: number, selector: string): string {
  const run = pods === 1 ? 'runs' : 'run';
  return `DaemonSet ${daemonSetLabel(ref)} was being pruned: ${counted(pods, 'pod')} of it ${run} on without it; to delete them: \`kubectl delete pods -n ${ref.namespace} -l '${selector}'\``;
}

/** What the plan says of a DaemonSet that is back in git while pods of it are left. */
export function returnWarning(ref: Ref, pods: number): string {
  return `DaemonSet ${daemonSetLabel(ref)} is back in git: it adopts ${counted(pods, 'pod')} that pruning has left, without a restart`;
}

/** Why it may not come back as it is. */
export function returnRefusal(ref: Ref, pods: number, commit: string): string {
  const are = pods === 1 ? 'is' : 'are';
  return (
    `DaemonSet ${daemonSetLabel(ref)} is back in git with another template while ${counted(pods, 'pod')} of the old one ${are} left from pruning, ` +
    `which an install would not replace. Put it back as it was in commit ${shortCommit(commit)} and change it once that is installed, or take it out again until pruning has ended`
  );
}

/** How far it is; `total` is null where it is not known yet how many there were. */
export function pruneProgress(ref: Ref, left: number, total: number | null, nextMs: number | null): string {
  const of = total === null ? counted(left, 'pod') : `${left} of ${counted(total, 'pod')}`;
  const next = nextMs === null ? '' : `; the next batch goes at ${clockTime(nextMs)}`;
  return `Pruning DaemonSet ${daemonSetLabel(ref)}: ${of} left${next}.`;
}

/** Why it stopped, and what to do. */
export function pruneStopped(ref: Ref, application: string, nodes: readonly string[], left: number): string {
  const [was, who] = nodes.length === 1 ? ['node', 'its pod was'] : ['nodes', 'their pods were'];
  return (
    `pruning of DaemonSet ${daemonSetLabel(ref)} stopped with ${counted(left, 'pod')} left: ${was} ${listed(nodes)} turned NotReady after ${who} deleted. ` +
    `Put the DaemonSet back into git, which adopts what is left and returns to the other nodes, or go on with "nodewave sync ${application}"`
  );
}

/** What is waited for when pods do not end in time. */
export function podsEndLate(pods: readonly { name: string; node: string }[]): string {
  const shown = pods.slice(0, 3).map(({ name, node }) => `${name} on node ${node}`);
  const more = pods.length > shown.length ? ` and ${pods.length - shown.length} more` : '';
  return `no further pod is deleted: ${shown.join(', ')}${more} should have ended; look at finalizers and at the kubelet there`;
}

/** How it ended, for the log. */
export function pruneDone(ref: Ref, total: number, size: number, onAwayNodes: readonly { node: string }[]): string {
  const done = `DaemonSet ${daemonSetLabel(ref)} was deleted, and its ${total} pods in batches of ${size}: git no longer has it`;
  if (onAwayNodes.length === 0) return done;
  const nodes = [...new Set(onAwayNodes.map(({ node }) => node))].sort();
  return `${done}. ${counted(onAwayNodes.length, 'pod')} on nodes that are NotReady (${listed(nodes)}) will go when those are back`;
}

function listed(names: readonly string[]): string {
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
  return `${names.slice(0, shownNames).join(', ')}${more}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
