import { setTimeout as sleep } from 'node:timers/promises';
import type { SchedulingView } from '../../domain/cluster/view.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { Grant, GrantHooks } from '../../domain/record.ts';
import {
  carriedHooks,
  changesOf,
  corrected,
  grantKey,
  type HookMove,
  hookFinding,
  hookJobName,
  hookProblem,
  hooksAllow,
  inForce,
  madeReady,
  patchToApply,
  plannedChanges,
  undone,
} from '../../domain/rollout/hooks.ts';
import { hookJob, type JobHook } from '../../domain/rollout/node-job.ts';
import type { NodeHook } from '../../domain/rollout/policy.ts';
import type { Finding } from '../../domain/wire.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import { retryMoved } from '../cluster/retry-moved.ts';
import { runJob } from '../cluster/run-job.ts';
import type { Wish } from './guards.ts';
import { type HookOwner, hooksNote, readNode, writeNode } from './hook-node.ts';
import { HookTasks } from './hook-tasks.ts';
import { undoHooks } from './hook-undo.ts';
import type { RecordHandle } from './record-handle.ts';

/** What the hooks of a batch work with. */
export interface HookDeps {
  client: ClusterClient;
  record: RecordHandle;
  hooks: readonly NodeHook[];
  owner: HookOwner & { uid: string };
  /** A person has asked for another try: Jobs that have failed run again. */
  again: boolean;
}

/** How a batch ends, for its hooks. */
export type BatchEnd = 'done' | 'stopped' | 'broken';

/** How long a batch that is to stop waits for pods on their way, so that their nodes need not stay out, in milliseconds. */
export const finishWithinMs = 10_000;

const finishPollMs = 200;

/** Thrown inside of a task: the hook has failed, which is told as a finding of its node. */
class HookFailed extends Error {}

/**
 * Runs the hooks of a batch's nodes beside its loop. All that it needs after a crash is in the record before it is done: a second
 * attempt begins each node's hooks anew, and finds what is in force, or has run, as it is.
 */
export class BatchHooks {
  readonly #deps: HookDeps;
  readonly #tasks = new HookTasks();
  readonly #found = new Map<string, Finding>();
  readonly #ready = new Set<string>();
  readonly #undone = new Set<string>();

  constructor(deps: HookDeps) {
    this.#deps = deps;
  }

  /** Hooks that have failed, by node uid. */
  get found(): ReadonlyMap<string, Finding> {
    return this.#found;
  }

  /** Resolves when a hook has ended. */
  changed(): Promise<void> {
    return this.#tasks.changed();
  }

  /** Adds to each wish what its hooks will change, for the record. Drops nodes that are gone. */
  async prepared(wishes: readonly Wish[]): Promise<readonly Wish[]> {
    const former = (uid: string): GrantHooks[] =>
      this.#deps.record.record.grants
        .filter((grant) => grant.nodeUid === uid && inForce(grant))
        .flatMap((grant) => grant.hooks ?? []);
    if (this.#deps.hooks.length === 0 && wishes.every((wish) => former(wish.nodeUid).length === 0)) return wishes;
    const planned = await Promise.all(wishes.map((wish) => this.#plan(wish)));
    return wishes.flatMap((wish, index) => {
      const plan = planned[index];
      return plan === null || plan === undefined ? [] : [{ ...wish, hooks: carriedHooks(plan, former(wish.nodeUid)) }];
    });
  }

  /**
   * Does what the moves ask for; returns at once, true when the record was written. Throws what a hook could not cope with, such as
   * an API server that is away or a right that is missing: neither is the release's fault.
   */
  async advance(moves: ReadonlyMap<Grant, HookMove>): Promise<boolean> {
    for (const [grant, move] of moves) this.#start(grant, move);
    this.#tasks.throwFailure();
    return await this.#persist();
  }

  /**
   * Leaves the nodes as far as possible as they were: nodes whose pod is still to be removed, and those that are well again. A node
   * whose pod is on its way stays out of service, and is undone by whatever comes next: more of the rollout, or its end.
   * @param look the moves as they are now
   * @param deleted uids of pods that were deleted, which the view may not show yet
   */
  async finish(end: BatchEnd, look: () => ReadonlyMap<Grant, HookMove>, deleted: ReadonlySet<string>): Promise<void> {
    const untilMs = performance.now() + finishWithinMs;
    try {
      while (this.#deps.record.record.grants.some(inForce)) {
        const moves = new Map([...look()].map(([grant, move]) => [grant, this.#lastMove(end, grant, move, deleted)]));
        await this.advance(moves);
        const waits = end === 'stopped' && [...moves.values()].some((move) => move === 'wait' || move === 'after');
        if (this.#tasks.size === 0 && !this.#unwritten() && !waits) break;
        if (end === 'stopped' && performance.now() > untilMs) break;
        await sleep(finishPollMs);
      }
    } finally {
      await this.stop();
    }
    await this.#persist();
  }

  /** Stops what runs, and undoes nothing: another attempt goes on. */
  async stop(): Promise<void> {
    await this.#tasks.stop();
  }

  #lastMove(end: BatchEnd, grant: Grant, move: HookMove, deleted: ReadonlySet<string>): HookMove {
    if (end === 'done') return inForce(grant) ? 'undo' : 'wait';
    if (move === 'before') return deleted.has(grant.podUid) || !inForce(grant) ? 'wait' : 'undo';
    // A Job that must follow runs when the rollout goes on; a node on which it has failed is not put back into service.
    const checked = this.#found.has(grant.nodeUid) || (end === 'broken' && this.#jobs('afterAvailable').length > 0);
    return move === 'after' && checked ? 'wait' : move;
  }

  #unwritten(): boolean {
    return this.#ready.size + this.#undone.size > 0;
  }

  #start(grant: Grant, move: HookMove): void {
    const key = grantKey(grant);
    const idle =
      move === 'wait' ||
      this.#undone.has(key) ||
      (move !== 'undo' && this.#found.has(grant.nodeUid)) ||
      (move === 'before' && (this.#ready.has(key) || (inForce(grant) && hooksAllow(grant))));
    this.#tasks.run(key, idle ? null : move, async (signal) => {
      try {
        if (move === 'before') await this.#before(grant, signal);
        else await this.#after(grant, move === 'after', signal);
      } catch (error) {
        const failed = error instanceof HookFailed || (error instanceof NodewaveError && error.code === 'BadInput');
        if (!failed) throw error;
        this.#found.set(grant.nodeUid, hookFinding(grant.node, move, error.message));
      }
    });
  }

  async #persist(): Promise<boolean> {
    if (!this.#unwritten()) return false;
    const ready = new Set(this.#ready);
    const over = new Set(this.#undone);
    const nowMs = Date.now();
    await this.#deps.record.update((record) => ({
      ...record,
      grants: record.grants.map((grant) => {
        const key = grantKey(grant);
        if (over.has(key)) return undone(grant);
        return ready.has(key) ? madeReady(grant, nowMs) : grant;
      }),
    }));
    for (const key of ready) this.#ready.delete(key);
    for (const key of over) this.#undone.delete(key);
    return true;
  }

  async #plan(wish: Pick<Grant, 'node' | 'nodeUid' | 'podUid'>): Promise<GrantHooks | null> {
    const { client, hooks, owner } = this.#deps;
    const read = await readNode(client, wish);
    if (read === null) return null;
    const jobs = hooks.flatMap((hook, index) => (hook.kind === 'job' ? [hookJobName(owner.name, wish, index)] : []));
    return { changes: plannedChanges(hooks, read.node), jobs };
  }

  async #before(grant: Grant, signal: AbortSignal): Promise<void> {
    const { hooks } = this.#deps;
    if (!inForce(grant)) await this.#planAnew(grant);
    for (const [index, hook] of hooks.entries()) {
      if (hook.kind === 'settle') {
        await this.#apply(grant, hooks.slice(0, index), signal);
        await sleep(hook.settleMs, undefined, { signal });
      } else if (hook.kind === 'job' && hook.when === 'beforeDelete') {
        await this.#apply(grant, hooks.slice(0, index), signal);
        await this.#runJob(grant, hook, index, signal);
      }
    }
    await this.#apply(grant, hooks, signal);
    this.#ready.add(grantKey(grant));
  }

  async #after(grant: Grant, withJobs: boolean, signal: AbortSignal): Promise<void> {
    const { client, owner, record } = this.#deps;
    for (const { hook, index } of withJobs ? this.#jobs('afterAvailable') : []) {
      await this.#runJob(grant, hook, index, signal);
    }
    const recorded = this.#recorded(grant);
    if (recorded !== undefined) await undoHooks(client, owner, [recorded], () => record.assertHeld());
    this.#undone.add(grantKey(grant));
  }

  /** Hooks that were undone while the pod was still to be removed begin anew: the node may have changed meanwhile. */
  async #planAnew(grant: Grant): Promise<void> {
    const plan = await this.#plan(grant);
    if (plan === null) return;
    await this.#rewrite(grant, () => plan);
  }

  /** Puts the changes of these hooks in force. The record names them all already, with what was there before. */
  async #apply(grant: Grant, hooks: readonly NodeHook[], signal: AbortSignal): Promise<void> {
    const { client, owner, record } = this.#deps;
    await retryMoved(async () => {
      signal.throwIfAborted();
      const read = await readNode(client, grant);
      const recorded = this.#recorded(grant)?.hooks;
      if (read === null || recorded === undefined) return;
      const { patch, moved } = patchToApply(changesOf(hooks, recorded.changes), read.node);
      if (patch === null) return;
      // Both make sure that no newer attempt has the record, after the read and before the write that names its version.
      if (moved.length === 0) await record.assertHeld();
      else await this.#rewrite(grant, (now) => ({ ...now, changes: corrected(now.changes, moved) }));
      const annotations = { ...patch.annotations, ...hooksNote(owner, this.#recorded(grant)?.hooks?.changes ?? []) };
      signal.throwIfAborted();
      await this.#write(grant, () => writeNode(client, owner, grant, read, { ...patch, annotations }));
    });
  }

  /** A node that has vanished between two requests is noticed by the next look at the nodes. */
  async #write(grant: Grant, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      throw new HookFailed(`node ${grant.node} was deleted`);
    }
  }

  async #runJob(grant: Grant, hook: JobHook, index: number, signal: AbortSignal): Promise<void> {
    const { client, owner, again, record } = this.#deps;
    const name = hookJobName(owner.name, grant, index);
    await record.assertHeld();
    const body = hookJob(hook, name, grant, owner);
    const run = {
      namespace: owner.namespace,
      name,
      body,
      withinMs: hook.withinMs,
      again,
      fieldManager: 'nodewave-hooks',
    };
    const failed = await runJob(client, run, signal);
    if (failed !== null) throw new HookFailed(failed);
  }

  #jobs(when: JobHook['when']): { hook: JobHook; index: number }[] {
    return this.#deps.hooks.flatMap((hook, index) =>
      hook.kind === 'job' && hook.when === when ? [{ hook, index }] : [],
    );
  }

  #recorded(grant: Grant): Grant | undefined {
    const key = grantKey(grant);
    return this.#deps.record.record.grants.find((other) => grantKey(other) === key);
  }

  async #rewrite(grant: Grant, change: (hooks: GrantHooks) => GrantHooks): Promise<void> {
    const key = grantKey(grant);
    await this.#deps.record.update((record) => ({
      ...record,
      grants: record.grants.map((other) =>
        grantKey(other) === key && other.hooks !== undefined ? { ...other, hooks: change(other.hooks) } : other,
      ),
    }));
  }
}

/** Throws BadInput when these hooks cannot be used with a DaemonSet, before any node is touched. */
export function refuseHooks(hooks: readonly NodeHook[] | undefined, scheduling: SchedulingView): void {
  const problem = hookProblem(hooks ?? [], scheduling);
  if (problem !== null) throw new NodewaveError('BadInput', problem);
}
