import { type AuditedDelete, isWorker } from './audit.ts';
import type { NodeEvent } from './node-history.ts';
import type { PodEvent } from './pod-history.ts';

/** A rollout as the test started it: what was known from then on. */
export interface RecordedRollout {
  atMs: number;
  image: string;
  /** Most nodes that may be out at once. */
  budget: number;
}

/** What was seen of one DaemonSet from the outside: an independent watch of pods and nodes, and the audit log. */
export interface FleetRecord {
  pods: readonly PodEvent[];
  nodes: readonly NodeEvent[];
  deletes: readonly AuditedDelete[];
  rollouts: readonly RecordedRollout[];
  /** Most templates that live pods may carry at one moment. */
  templates: number;
  /** Users, by a part of their name, who may delete pods although the node still wants them. */
  otherHands: readonly string[];
}

/** Two watches and a person's act are never seen in exactly the same order; what is younger than this decides nothing. */
const lagMs = 2_000;

interface PodState {
  node: string;
  image: string;
  hash: string;
  available: boolean;
  live: boolean;
}

interface NodeState {
  uid: string;
  eligible: boolean;
  ready: boolean;
  /** Since when it is eligible, or not. */
  eligibleSinceMs: number;
  readySinceMs: number;
  /** When its last available pod was lost, and whether Nodewave had deleted that one. */
  downSinceMs: number;
  downByUs: boolean;
}

/**
 * Every violation as a sentence; none is what a test expects.
 * - each DELETE by Nodewave names the pod's uid, and no uid is deleted twice
 * - at each of them fewer than the budget of eligible, not deferred nodes were out, the pod's own node not counted
 * - none on a node that is gone, not eligible or NotReady
 * - pods carry at most the allowed number of templates
 * - a pod that nobody deleted for a known reason keeps its uid
 */
export function fleetViolations(record: FleetRecord): string[] {
  return new Replay(record).run();
}

class Replay {
  readonly #record: FleetRecord;
  readonly #found: string[] = [];
  readonly #pods = new Map<string, PodState>();
  readonly #nodes = new Map<string, NodeState>();
  /** UIDs of nodes where Nodewave has deleted a pod in the running rollout. */
  readonly #replaced = new Set<string>();
  readonly #begun = new Set<string>();
  readonly #deletesByPod = new Map<string, AuditedDelete[]>();
  #rollout: RecordedRollout | undefined;
  #tooManyTemplates = false;

  constructor(record: FleetRecord) {
    this.#record = record;
    for (const entry of record.deletes) {
      this.#deletesByPod.set(entry.pod, [...(this.#deletesByPod.get(entry.pod) ?? []), entry]);
    }
  }

  run(): string[] {
    this.#oneDeletePerUid();
    const rollouts = this.#record.rollouts.map((event) => ({ kind: 'rollout' as const, event, atMs: event.atMs }));
    const nodes = this.#record.nodes.map((event) => ({ kind: 'node' as const, event, atMs: event.atMs }));
    const pods = this.#record.pods.map((event) => ({ kind: 'pod' as const, event, atMs: event.atMs }));
    // The sort is stable: events of one watch keep their order.
    for (const next of [...rollouts, ...nodes, ...pods].sort((a, b) => a.atMs - b.atMs)) {
      if (next.kind === 'rollout') {
        this.#rollout = next.event;
        this.#replaced.clear();
      } else if (next.kind === 'node') this.#onNode(next.event);
      else this.#onPod(next.event);
    }
    return this.#found;
  }

  #oneDeletePerUid(): void {
    const times = new Map<string, number>();
    for (const { user, uid, pod } of this.#record.deletes) {
      if (!isWorker(user)) continue;
      if (uid === '') this.#found.push(`the DELETE of ${pod} names no uid`);
      times.set(uid, (times.get(uid) ?? 0) + 1);
    }
    for (const [uid, count] of times) if (count > 1) this.#found.push(`pod ${uid} was deleted ${count} times`);
  }

  #onNode(event: NodeEvent): void {
    const before = this.#nodes.get(event.name);
    const same = before?.uid === event.uid ? before : undefined;
    this.#nodes.set(event.name, {
      uid: event.uid,
      eligible: event.eligible,
      ready: event.ready,
      eligibleSinceMs: same?.eligible === event.eligible ? same.eligibleSinceMs : event.atMs,
      readySinceMs: same?.ready === event.ready ? same.readySinceMs : event.atMs,
      downSinceMs: same?.downSinceMs ?? event.atMs,
      downByUs: same?.downByUs ?? false,
    });
  }

  #onPod(event: PodEvent): void {
    const begins = (event.terminating || event.gone) && !this.#begun.has(event.uid);
    const ours = begins && isWorker(this.#beginner(event.name)?.user ?? '');
    if (begins) {
      this.#begun.add(event.uid);
      if (ours) this.#onOurDelete(event);
      else this.#onOthersDelete(event);
    }
    const live = !event.terminating && !event.gone;
    const { node, image, hash, available } = event;
    this.#pods.set(event.uid, { node, image, hash, available, live });
    const state = this.#nodes.get(node);
    if (state !== undefined && begins && !this.#podsOn(node).some((pod) => pod.available)) {
      Object.assign(state, { downSinceMs: event.atMs, downByUs: ours });
    }
    const hashes = new Set([...this.#pods.values()].filter((pod) => pod.live).map((pod) => pod.hash));
    if (hashes.size > this.#record.templates && !this.#tooManyTemplates) {
      this.#tooManyTemplates = true;
      this.#found.push(`pods ran ${hashes.size} templates at once, at most ${this.#record.templates} are allowed`);
    }
  }

  #onOurDelete(event: PodEvent): void {
    const { node: name, atMs } = event;
    const node = this.#nodes.get(name);
    const label = `the pod of ${name} was deleted`;
    if (node === undefined || (!node.eligible && atMs - node.eligibleSinceMs > lagMs)) {
      this.#found.push(`${label} although the node is not eligible`);
    } else if (!node.ready && atMs - node.readySinceMs > lagMs) {
      this.#found.push(`${label} although the node is NotReady`);
    }
    const rollout = this.#rollout;
    if (rollout === undefined) this.#found.push(`${label} although no rollout runs`);
    else {
      const out = [...this.#nodes.keys()].filter((other) => other !== name && this.#isOut(other, event, rollout));
      if (out.length >= rollout.budget) {
        this.#found.push(`when ${label}, ${out.length} others were out (${out.join(', ')}), budget ${rollout.budget}`);
      }
    }
    if (node !== undefined) this.#replaced.add(node.uid);
  }

  /** Eligible, not deferred and without an available pod. */
  #isOut(name: string, { atMs, image }: PodEvent, rollout: RecordedRollout): boolean {
    const node = this.#nodes.get(name);
    if (node === undefined || !node.eligible) return false;
    const pods = this.#podsOn(name);
    if (pods.some((pod) => pod.available)) return false;
    const wayBack = image === rollout.image;
    if (!node.ready && (wayBack || !this.#replaced.has(node.uid))) return false;
    // Down on the release that is given up: taking it back costs the cluster nothing (S39).
    if (wayBack && pods.some((pod) => pod.live && pod.image === rollout.image)) return false;
    if (node.downByUs) return true;
    return atMs - Math.max(node.downSinceMs, node.eligibleSinceMs, node.readySinceMs) > lagMs;
  }

  #onOthersDelete(event: PodEvent): void {
    const by = this.#beginner(event.name)?.user ?? 'nobody in the audit log';
    // A person's own act: the test's, with admin rights.
    if (!by.startsWith('system:') && by !== 'nobody in the audit log') return;
    if (event.phase === 'Failed' || this.#record.otherHands.some((hand) => by.includes(hand))) return;
    const near = this.#record.nodes.filter(({ name, atMs }) => name === event.node && atMs <= event.atMs + lagMs);
    const last = near.at(-1);
    const unfit = near.some(({ eligible, atMs }) => !eligible && atMs > event.atMs - lagMs);
    if (last?.eligible === false || unfit) return;
    this.#found.push(`the pod of ${event.node} did not keep its uid: ${by} removed it`);
  }

  #beginner(pod: string): AuditedDelete | undefined {
    return this.#deletesByPod.get(pod)?.[0];
  }

  #podsOn(node: string): PodState[] {
    return [...this.#pods.values()].filter((pod) => pod.node === node);
  }
}
