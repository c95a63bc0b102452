import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Asker,
  admit,
  type InterlockTable,
  ownNodes,
  type Reservation,
  sweepGraceMs,
  swept,
  wayBlocked,
  without,
} from '../../domain/interlock.ts';
import { budgetOf } from '../../domain/rollout/budget.ts';
import type { IntOrPercent } from '../../domain/rollout/policy.ts';
import type { RefillGuard } from './guards.ts';
import type { InterlockStore } from './interlock-store.ts';

/** What the interlock needs from the outside. */
export interface InterlockDeps {
  store: InterlockStore;
  /** The rollout that asks. */
  me: Asker;
  /** Most nodes out over all rollouts; percent of all nodes of the cluster. Null for no limit. */
  maxNodesOut: IntOrPercent | null;
  /** Whether the workflow of a reservation still runs; true when that cannot be told. */
  isRunning: (holder: Asker) => Promise<boolean>;
  /** Whether nothing of a rollout is out any more on a node that it has reserved. */
  isBack: (holder: Reservation) => Promise<boolean>;
}

/** Writes that lose against another rollout are decided again this often; after that the next round asks. */
const maxConflicts = 10;

/** What was read or written at most so long ago is tried first, milliseconds. Nothing is admitted on it without a write. */
const knownMs = 2_000;

/** Node interlock and cluster-wide cap (S35): reserves each node before it is taken, by compare-and-swap in the cluster. */
export function interlockGuard(deps: InterlockDeps): RefillGuard {
  const { store, me } = deps;
  let held: readonly string[] | null = null;
  let blocked: string | null = null;

  /** Decides and writes until nobody came in between; null when others always did. */
  async function change<T extends { table: InterlockTable; changed: boolean }>(
    decide: (table: InterlockTable) => Promise<T> | T,
  ): Promise<T | null> {
    for (let conflicts = 0; conflicts < maxConflicts; conflicts++) {
      // Mostly nobody else is there, and what this rollout wrote last still stands: then the write tells, by its version.
      const known = conflicts === 0 ? await decided(decide, knownMs) : null;
      const { read, decision } = known?.decision.changed === true ? known : await decided(decide, 0);
      if (!decision.changed || (await store.tryWrite(decision.table, read))) {
        held = ownNodes(decision.table, me);
        return decision;
      }
      // Rollouts that met once would meet again without a different wait each.
      await sleep(Math.random() * 20 * (conflicts + 1));
    }
    return null;
  }

  async function decided<T>(decide: (table: InterlockTable) => Promise<T> | T, maxAgeMs: number) {
    const read = await store.read(maxAgeMs);
    return { read, decision: await decide(read.table) };
  }

  return {
    stops: async () => null,
    async admit(wanted, nodes, isFree) {
      if (wanted.length === 0) return [];
      const cap = deps.maxNodesOut === null ? null : budgetOf(deps.maxNodesOut, nodes.length);
      const present = new Set(nodes.map(({ uid }) => uid));
      const asked = new Set(wanted.map(({ nodeUid }) => nodeUid));
      const decision = await change(async (read) => {
        const back = ownNodes(read, me).filter((uid) => !asked.has(uid) && isFree(uid));
        const table = back.length === 0 ? read : without(read, me, new Set(back));
        const first = admit(table, me, wanted, cap, Date.now());
        const changed = first.changed || back.length > 0;
        if (first.inTheWay.size === 0) return { ...first, changed };
        const rest = swept(table, await overOf(deps, first.inTheWay), present, Date.now());
        if (rest.size === table.size) return { ...first, changed };
        return { ...admit(rest, me, wanted, cap, Date.now()), changed: true };
      });
      if (decision === null) return [];
      blocked = wayBlocked(decision, cap);
      return wanted.filter(({ nodeUid }) => decision.admitted.has(nodeUid));
    },
    async release(isFree) {
      // What an attempt before this one reserved and never granted is found again here.
      held ??= ownNodes((await store.read()).table, me);
      const free = new Set(held.filter(isFree));
      if (free.size === 0) return;
      await change((table) => ({ table: without(table, me, free), changed: true }));
    },
    waitsFor: () => blocked,
  };
}

/** Frees what a rollout has reserved on nodes that `isFree` says are back; all by default, when it has ended. */
export async function releaseReservations(
  store: InterlockStore,
  me: Asker,
  isFree?: () => Promise<(nodeUid: string) => boolean>,
): Promise<void> {
  // Most rollouts that come here hold nothing: then one read is all.
  if (ownNodes((await store.read()).table, me).length === 0) return;
  const free = isFree === undefined ? () => true : await isFree();
  const guard = interlockGuard({
    store,
    me,
    maxNodesOut: null,
    isRunning: async () => true,
    isBack: async () => false,
  });
  await guard.release(free);
}

/** Reservations looked at in one round; the others come in the next ones. */
const looksPerRound = 10;

/** UIDs of the nodes whose reservation is over though nobody has given it back. */
async function overOf(deps: InterlockDeps, inTheWay: InterlockTable): Promise<Set<string>> {
  const old = [...inTheWay].filter(([, { atMs }]) => Date.now() - atMs >= sweepGraceMs);
  const over = new Set<string>();
  for (const [uid, holder] of old) if (!(await deps.isRunning(holder))) over.add(uid);
  // A rollout that was paused while pods were on their way rests on nodes that have long been back.
  const resting = old.filter(([uid]) => !over.has(uid)).slice(0, looksPerRound);
  for (const [uid, holder] of resting) if (await deps.isBack(holder)) over.add(uid);
  return over;
}
