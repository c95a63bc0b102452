import { NodewaveError } from './failures.ts';
import { annotationPrefix } from './ids.ts';

/**
 * Where the interlock of a cluster is: one ConfigMap for all nodes. One compare-and-swap on it decides over several nodes
 * and the cluster-wide cap at once, which a Lease per node could not.
 */
export const interlockPlace: InterlockPlace = { namespace: 'nodewave', name: 'nodewave-interlock' };

/** Name of the interlock's ConfigMap. */
export interface InterlockPlace {
  namespace: string;
  name: string;
}

/** Annotation on the interlock's ConfigMap that stops every deletion in the cluster; its value says who and why. */
export const brakeAnnotation = `${annotationPrefix}paused`;

/** The right of one rollout to have one node out. */
export interface Reservation {
  node: string;
  /** Of the rollout, see `rolloutWorkflowId`. */
  workflowId: string;
  /** Start of the rollout in milliseconds. */
  rollout: number;
  atMs: number;
}

/** Who has which node out, by the node's uid. */
export type InterlockTable = ReadonlyMap<string, Reservation>;

/** A rollout that asks for nodes. */
export type Asker = Pick<Reservation, 'workflowId' | 'rollout'>;

/** What comes of a question. */
export interface Admission {
  /** UIDs of the nodes that may be taken. */
  admitted: ReadonlySet<string>;
  /** The table to write before one of them is. */
  table: InterlockTable;
  /** Whether that table differs from the one that was read. */
  changed: boolean;
  /** Reservations of other rollouts that stand in the way: on the wanted nodes, and all where the cap is reached. */
  inTheWay: InterlockTable;
  /** Whether nodes were refused because as many as the cap allows are out. */
  capped: boolean;
}

/**
 * How old a reservation must be before another rollout may give it up: a worker may learn late that its rollout was
 * terminated, and the pod may still be on its way back. Milliseconds.
 */
export const sweepGraceMs = 15_000;

/** The same for a node that is not there any more; longer, because the asker's view of the nodes may be old. */
const goneGraceMs = 60_000;

/**
 * Decides which of the wanted nodes may be taken (S35): no node that another rollout has out, and never more than `cap` nodes out
 * over all rollouts. What the asker has already stays admitted, so asking again changes nothing.
 * @param cap null for no limit
 */
export function admit(
  table: InterlockTable,
  asker: Asker,
  wanted: readonly { node: string; nodeUid: string }[],
  cap: number | null,
  nowMs: number,
): Admission {
  const next = new Map(table);
  const admitted = new Set<string>();
  const inTheWay = new Map<string, Reservation>();
  let capped = false;
  let changed = false;
  for (const { node, nodeUid } of wanted) {
    const holder = next.get(nodeUid);
    if (holder !== undefined && !isOwn(holder, asker)) {
      inTheWay.set(nodeUid, holder);
      continue;
    }
    if (holder === undefined && cap !== null && next.size >= cap) {
      capped = true;
      continue;
    }
    admitted.add(nodeUid);
    if (holder?.rollout === asker.rollout) continue;
    next.set(nodeUid, { node, ...asker, atMs: nowMs });
    changed = true;
  }
  if (capped) for (const [uid, holder] of table) if (!isOwn(holder, asker)) inTheWay.set(uid, holder);
  return { admitted, table: next, changed, inTheWay, capped };
}

/** Of the same DaemonSet, and not of a later rollout: the workflow id is the lock, so an older one runs no more. */
function isOwn(holder: Reservation, asker: Asker): boolean {
  return holder.workflowId === asker.workflowId && holder.rollout <= asker.rollout;
}

/** UIDs of the nodes that the asker, or an older rollout of its DaemonSet, has reserved. */
export function ownNodes(table: InterlockTable, asker: Asker): string[] {
  return [...table].filter(([, holder]) => isOwn(holder, asker)).map(([uid]) => uid);
}

/** The table without what the asker has on these nodes. */
export function without(table: InterlockTable, asker: Asker, uids: ReadonlySet<string>): InterlockTable {
  return new Map([...table].filter(([uid, holder]) => !uids.has(uid) || !isOwn(holder, asker)));
}

/**
 * The table without reservations that nobody will give back: those that are over, and those of nodes that are gone.
 * @param over UIDs of nodes whose rollout runs no more, or rests while its pod there is available again
 * @param present UIDs of all nodes of the cluster
 */
export function swept(
  table: InterlockTable,
  over: ReadonlySet<string>,
  present: ReadonlySet<string>,
  nowMs: number,
): InterlockTable {
  const stays = ([uid, holder]: [string, Reservation]): boolean => {
    const ageMs = nowMs - holder.atMs;
    if (ageMs >= goneGraceMs && !present.has(uid)) return false;
    return ageMs < sweepGraceMs || !over.has(uid);
  };
  return new Map([...table].filter(stays));
}

/** Who stands in the way, in a sentence that names the rollouts; null when nobody does. */
export function wayBlocked({ inTheWay, capped }: Admission, cap: number | null): string | null {
  if (inTheWay.size === 0) {
    return capped ? `as many nodes as may be out in this cluster (${cap}) are out for this rollout` : null;
  }
  const byRollout = Map.groupBy(inTheWay.values(), (holder) => rolloutLabel(holder.workflowId));
  const holders = [...byRollout].map(([rollout, held]) => `rollout ${rollout} has ${named(held)} out`);
  const shown =
    holders.length > 3 ? [...holders.slice(0, 3), `${holders.length - 3} more rollouts have others`] : holders;
  const limit = capped ? `, and at most ${cap} nodes may be out in this cluster` : '';
  return `${shown.join(', ')}${limit}; no node is out for two rollouts at once`;
}

function named(held: readonly Reservation[]): string {
  const names = held.slice(0, 3).map(({ node }) => node);
  return held.length > 3 ? `${names.join(', ')} and ${held.length - 3} more` : names.join(', ');
}

/** The DaemonSet of a rollout's workflow id, for people. */
function rolloutLabel(workflowId: string): string {
  return workflowId.split(':').slice(2).join(':') || workflowId;
}

/** Reads the data of the ConfigMap. Throws Infrastructure for an entry that cannot be read: guessing could take a node twice. */
export function parseTable(data: Readonly<Record<string, string>>, place: InterlockPlace): InterlockTable {
  const table = new Map<string, Reservation>();
  for (const [uid, text] of Object.entries(data)) {
    const value = parseJson(text) as Partial<Reservation> | null;
    if (typeof value?.workflowId !== 'string' || typeof value.rollout !== 'number') {
      throw new NodewaveError(
        'Infrastructure',
        `entry "${uid}" of ConfigMap ${place.namespace}/${place.name} cannot be read, so it is not known who has that node out; repair or delete the entry`,
      );
    }
    const { node = uid, workflowId, rollout, atMs = 0 } = value;
    table.set(uid, { node, workflowId, rollout, atMs });
  }
  return table;
}

/** The data of the ConfigMap. */
export function tableData(table: InterlockTable): Record<string, string> {
  return Object.fromEntries([...table].map(([uid, entry]) => [uid, JSON.stringify(entry)]));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
