import type { NodeView, PodView } from '../../../domain/cluster/view.ts';
import type { Step } from '../../../domain/rollout/step-types.ts';
import { anywhere, nowMs as startMs } from './build.ts';
import { Broken, isUp, type World } from './simulator.ts';

type Verdict = 'done' | 'failed' | 'fenced' | null;

/** One attempt of the batch activity. Only the record and the cluster outlive it. */
export class Worker {
  readonly epoch: number;
  readonly #world: World;
  readonly #deleted = new Set<string>();
  #record: World['record'];
  /** What was decided and is not done yet; each is one call. */
  #queue: (() => void)[] = [];
  /** A frozen process acts on what it saw before. */
  #stale: { nodes: NodeView[]; pods: PodView[]; atMs: number } | null = null;
  #fenced = false;

  constructor(world: World) {
    this.#world = world;
    this.epoch = world.record.epoch + 1;
    world.record = { ...world.record, epoch: this.epoch };
    this.#record = world.record;
  }

  get busy(): boolean {
    return this.#queue.length > 0;
  }

  /** The process is frozen: what it saw stays as it is. */
  freeze(): void {
    const { nodes, pods, nowMs } = this.#world;
    this.#stale = { nodes: structuredClone(nodes), pods: structuredClone(pods), atMs: nowMs };
  }

  /** One call to the outside, or one decision. */
  work(): Verdict {
    const next = this.#queue.shift();
    if (next !== undefined) {
      next();
      return this.#fenced ? 'fenced' : null;
    }
    if (this.#fenced) return 'fenced';
    const step = this.#decide();
    if (step.findings.length > 0 || step.done) {
      this.#write({ ...this.#record, grants: this.#record.grants.filter((one) => !step.settled.includes(one)) });
      return this.#fenced ? 'fenced' : step.done ? 'done' : 'failed';
    }
    const pods = step.remove.filter((pod) => !this.#deleted.has(pod.uid));
    this.#queue = pods.map((pod) => () => void (this.#world.remove(pod) && this.#deleted.add(pod.uid)));
    if (step.grant.length > 0) this.#queue.push(() => this.#grant(step));
    return null;
  }

  #decide(): Step {
    // Nothing is deleted on a view older than 30 s.
    if (this.#stale !== null && this.#world.nowMs - this.#stale.atMs > 30_000) this.#stale = null;
    const seen = this.#stale ?? this.#world;
    return this.#world.setting.decide(this.#world.rules(), {
      nowMs: this.#world.nowMs,
      seenSinceMs: startMs,
      nodes: seen.nodes,
      // Copies: a view never changes in the hands of who decided on it.
      pods: seen.pods.map((pod) => ({ ...pod })),
      scheduling: anywhere,
      isAvailable: (pod) => isUp(pod) && !this.#deleted.has(pod.uid),
      restartsBefore: new Map(),
      grants: this.#record.grants,
      touched: new Set(this.#record.touched),
    });
  }

  #grant(step: Step): void {
    const { nodes, direction } = this.#world;
    const eligible = nodes.filter((node) => !node.tainted);
    const aside = eligible.filter(
      (node) => (!node.ready || this.#world.marked(node)) && !this.#world.wasReplaced(node),
    );
    const most = Math.max(1, Math.ceil(eligible.length / 10));
    if (direction === 'forward' && aside.length > most && this.#stale === null) {
      throw new Broken(`a node was granted while ${aside.length} nodes are set aside, ${most} may be`);
    }
    const taken = step.grant.map((one) => one.nodeUid);
    const kept = this.#record.grants.filter((one) => !step.settled.includes(one) && !taken.includes(one.nodeUid));
    const added = step.grant.map((one) => ({
      ...one,
      rollout: 7,
      batch: this.#world.batchIndex,
      atMs: this.#world.nowMs,
    }));
    if (!this.#write({ ...this.#record, grants: [...kept, ...added], touched: [...this.#record.touched, ...taken] }))
      return;
    for (const one of added) this.#world.everGranted.add(one.podUid);
  }

  #write(next: World['record']): boolean {
    if (this.#world.record.epoch > this.epoch) this.#fenced = true;
    else this.#record = this.#world.record = { ...next, epoch: this.epoch };
    return !this.#fenced;
  }
}
