import type { NodeSighting, PodSighting } from './cluster-record.ts';

/** Who took a node's pod away. */
export type Hand = 'nodewave' | 'others';

/** One node at a moment of the record, kept by name. */
export interface NodeState {
  name: string;
  last: NodeSighting;
  /** The DaemonSet's pods run here: selected, and no taint that they do not tolerate but that of a NotReady node. */
  eligible: boolean;
  eligibleChangedMs: number;
  readyChangedMs: number;
  /** Counts against the budget while it has no available pod. */
  counted: boolean;
  countedSinceMs: number;
  /** When Nodewave deleted a pod of it in this rollout; null while it has not. */
  touchedMs: number | null;
  out: boolean;
  outSinceMs: number;
  outBy: Hand;
}

/** Taints that the DaemonSet controller makes its pods tolerate (kubernetes.io, DaemonSet, "Taints and tolerations"). */
const tolerated = new Set([
  'node.kubernetes.io/disk-pressure',
  'node.kubernetes.io/memory-pressure',
  'node.kubernetes.io/pid-pressure',
  'node.kubernetes.io/unschedulable',
]);

/**
 * A NotReady node has these. With effect NoSchedule, which DaemonSet pods do not tolerate, the controller makes no pod there until
 * the taint is gone, which may be seconds after the node has turned Ready: until then it counts as NotReady.
 */
const notReadyTaints = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

/** Nodes and pods as they were after each event of a record. Written without any code of the product. */
export class NodeBook {
  readonly #selector: readonly [string, string][];
  readonly #unseenMs: number;
  readonly #states = new Map<string, NodeState>();
  readonly #pods = new Map<string, PodSighting>();
  readonly #byNode = new Map<string, Set<string>>();
  readonly #availableSince = new Map<string, number>();
  /** Recent numbers of eligible nodes, oldest first. */
  #eligibleCounts: { count: number; untilMs: number }[] = [];
  #eligible = 0;
  #out = 0;

  constructor(selector: Readonly<Record<string, string>>, unseenMs: number) {
    this.#selector = Object.entries(selector);
    this.#unseenMs = unseenMs;
  }

  get outNow(): number {
    return this.#out;
  }

  state(name: string): NodeState | undefined {
    return this.#states.get(name);
  }

  outNodes(): NodeState[] {
    return [...this.#states.values()].filter((state) => state.out);
  }

  knows(uid: string): boolean {
    return this.#pods.has(uid);
  }

  podsOf(node: string): PodSighting[] {
    return [...(this.#byNode.get(node) ?? [])].flatMap((uid) => this.#pods.get(uid) ?? []);
  }

  /** For how long a pod has been available, milliseconds; -1 when it is not. */
  availableFor(uid: string, atMs: number): number {
    const since = this.#availableSince.get(uid);
    return since === undefined ? -1 : atMs - since;
  }

  /** Pods that are not ending, of nodes that count and have counted since `sinceMs`. */
  participants(sinceMs = Number.POSITIVE_INFINITY): PodSighting[] {
    const pods: PodSighting[] = [];
    for (const state of this.#states.values()) {
      if (!state.counted || !state.last.ready || state.countedSinceMs > sinceMs) continue;
      for (const pod of this.podsOf(state.name)) if (!pod.terminating) pods.push(pod);
    }
    return pods;
  }

  /** Most nodes that were eligible within the time that Nodewave may not have seen yet. */
  mostEligible(atMs: number): number {
    const recent = this.#eligibleCounts.filter(({ untilMs }) => atMs - untilMs < this.#unseenMs);
    return Math.max(this.#eligible, ...recent.map(({ count }) => count));
  }

  node(seen: NodeSighting): void {
    const sighting = { ...seen, ready: this.#isReady(seen) };
    const before = this.#states.get(sighting.name);
    // The end of a node whose name another one has taken since.
    if (sighting.gone && before !== undefined && before.last.uid !== sighting.uid) return;
    const same = before?.last.uid === sighting.uid && !before.last.gone;
    const eligible = !sighting.gone && this.#fits(sighting);
    const { atMs } = sighting;
    const state: NodeState = {
      name: sighting.name,
      last: sighting,
      eligible,
      eligibleChangedMs: before?.eligible === eligible ? before.eligibleChangedMs : atMs,
      readyChangedMs: same && before.last.ready === sighting.ready ? before.readyChangedMs : atMs,
      counted: same && before.counted,
      countedSinceMs: before?.countedSinceMs ?? atMs,
      touchedMs: same ? before.touchedMs : null,
      out: before?.out ?? false,
      outSinceMs: before?.outSinceMs ?? atMs,
      outBy: before?.outBy ?? 'others',
    };
    this.#states.set(sighting.name, state);
    if (eligible !== (before?.eligible ?? false)) {
      this.#eligibleCounts = [...this.#eligibleCounts.slice(-50), { count: this.#eligible, untilMs: atMs }];
      this.#eligible += eligible ? 1 : -1;
    }
    this.#weigh(state, atMs, 'others');
  }

  pod(sighting: PodSighting, hand: Hand): void {
    const { uid, node, atMs } = sighting;
    const before = this.#pods.get(uid);
    if (before !== undefined && before.node !== node) this.#byNode.get(before.node)?.delete(uid);
    const here = this.#byNode.get(node) ?? new Set<string>();
    this.#byNode.set(node, here);
    if (sighting.gone) {
      here.delete(uid);
      this.#pods.delete(uid);
    } else {
      here.add(uid);
      this.#pods.set(uid, sighting);
    }
    const available = sighting.ready && !sighting.terminating && !sighting.gone;
    if (!available) this.#availableSince.delete(uid);
    else if (!this.#availableSince.has(uid)) this.#availableSince.set(uid, atMs);
    const state = this.#states.get(node);
    if (state !== undefined) this.#weigh(state, atMs, hand);
  }

  /** Nodewave has deleted a pod here: from now on the node counts although it turns NotReady. */
  touch(name: string, atMs: number): void {
    const state = this.#states.get(name);
    if (state !== undefined) state.touchedMs = atMs;
  }

  /** Another rollout has begun. */
  forgetTouched(atMs: number): void {
    for (const state of this.#states.values()) {
      if (state.touchedMs === null) continue;
      state.touchedMs = null;
      this.#weigh(state, atMs, 'others');
    }
  }

  #weigh(state: NodeState, atMs: number, hand: Hand): void {
    const counted = state.eligible && (state.last.ready || state.touchedMs !== null);
    if (counted !== state.counted) state.countedSinceMs = atMs;
    state.counted = counted;
    const out = counted && !this.podsOf(state.name).some((pod) => this.#availableSince.has(pod.uid));
    if (out !== state.out) this.#out += out ? 1 : -1;
    if (out && !state.out) state.outSinceMs = atMs;
    if (out && (!state.out || hand === 'nodewave')) state.outBy = hand;
    state.out = out;
  }

  #isReady(node: NodeSighting): boolean {
    return node.ready && !node.taints.some(({ key, effect }) => effect === 'NoSchedule' && notReadyTaints.has(key));
  }

  #fits(node: NodeSighting): boolean {
    if (!this.#selector.every(([key, value]) => node.labels[key] === value)) return false;
    return node.taints.every(
      ({ key, effect }) => effect === 'PreferNoSchedule' || tolerated.has(key) || notReadyTaints.has(key),
    );
  }
}

/** Whether a node that is out is held against a deletion: what others did a moment ago Nodewave could not know. */
export function countedOut(state: NodeState, atMs: number, unseenMs: number): boolean {
  return state.out && (state.outBy === 'nodewave' || atMs - state.outSinceMs >= unseenMs);
}
