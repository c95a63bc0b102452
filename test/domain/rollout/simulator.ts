import type { NodeView, PodView } from '../../../domain/cluster/view.ts';
import type { Grant } from '../../../domain/record.ts';
import { nodeOrder } from '../../../domain/rollout/order.ts';
import type { BatchSpec, IntOrPercent } from '../../../domain/rollout/policy.ts';
import type { decideStep } from '../../../domain/rollout/step.ts';
import type { StepRules } from '../../../domain/rollout/step-types.ts';
import { type Bounds, brokenBound, policyWith } from './bounds.ts';
import { policyOf, nowMs as startMs } from './build.ts';

/** What a simulated rollout is about. */
export interface Setting {
  nodes: number;
  maxUnavailable: IntOrPercent;
  batches: BatchSpec[];
  seed: number;
  bounds: Bounds;
  /** The decision under test, or a mutant of it. */
  decide: typeof decideStep;
}

type SimNode = NodeView & { tainted: boolean };
type SimPod = PodView & { readyAtMs: number; goneAtMs: number };

const holdLabel = 'nodewave.dev/hold';
const kured = 'weave.works/kured-reboot-in-progress';
const noSchedule = [{ key: 'maintenance', effect: 'NoSchedule' as const }];

/** Shared by all runs: it remembers its keys. */
const order = nodeOrder('7');

/** A rule that a simulated rollout broke. */
export class Broken extends Error {}

/**
 * A cluster with a DaemonSet controller, a record, and workers that act on `decideStep` the way the batch activity does: remove
 * what is granted, then write grants, with every single call a moment at which the worker may be lost. Checks each DELETE.
 */
export class World {
  nowMs = startMs;
  live = 'old';
  direction: 'forward' | 'back' = 'forward';
  batchIndex = 0;
  readonly setting: Setting;
  readonly nodes: SimNode[] = [];
  pods: SimPod[] = [];
  record = { grants: [] as Grant[], touched: [] as string[], epoch: 0 };
  /** Pods that a worker deleted. */
  readonly removed = new Set<string>();
  readonly everGranted = new Set<string>();
  /** When pods were deleted by a worker. */
  readonly removals: { atMs: number; nodeUid: string }[] = [];
  /** Nodes that were taken and have been available on the target since. */
  readonly everArrived = new Set<string>();
  #serial = 0;
  #random: number;

  constructor(setting: Setting) {
    this.setting = setting;
    this.#random = setting.seed;
    for (let index = 0; index < setting.nodes; index++) this.join();
    for (const node of this.nodes) this.#create(node, 'old', this.nowMs);
    this.pass(1);
    this.live = 'new';
  }

  /** A number from 0 to `below` - 1, the same for the same seed. */
  random(below: number): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#random / 2 ** 32) * below);
  }

  join(): void {
    const serial = this.#serial++;
    const labels = { 'topology.kubernetes.io/zone': `z${serial % 3}` };
    const base = { name: `n${serial}`, uid: `u${serial}`, labels, taints: [], unschedulable: false };
    this.nodes.push({ ...base, ready: true, tainted: false });
  }

  leave(index: number): void {
    const [gone] = this.nodes.splice(index % this.nodes.length, 1);
    this.pods = this.pods.filter((pod) => pod.node !== gone?.name);
  }

  taint(index: number): void {
    const node = this.#at(index);
    node.tainted = !node.tainted;
    node.taints = node.tainted ? noSchedule : [];
  }

  /** Nodes turn NotReady and back; their pods go with them. */
  flip(index: number, ready = !this.#at(index).ready): void {
    const node = this.#at(index);
    node.ready = ready;
    node.notReadySinceMs = ready ? undefined : this.nowMs;
    for (const pod of this.pods) {
      if (pod.node !== node.name) continue;
      const sick = pod.readyAtMs === Number.MAX_SAFE_INTEGER;
      if (!sick) this.#unready(pod, ready ? this.nowMs : Number.POSITIVE_INFINITY);
    }
  }

  /** Someone else works on the node: kured begins or ends a reboot. */
  maintain(index: number, on = this.#at(index).annotations === undefined): void {
    const node = this.#at(index);
    if (on) node.annotations = { [kured]: 'now' };
    else delete node.annotations;
  }

  /** A person puts a hold on a node, or takes it away; on a node that is ill it would stop everything for ever. */
  hold(index: number): void {
    const node = this.#at(index);
    const { [holdLabel]: held, ...labels } = node.labels;
    if (held !== undefined) node.labels = labels;
    else if (this.available(node)) node.labels = { ...labels, [holdLabel]: '' };
  }

  cordon(index: number): void {
    const node = this.#at(index);
    if (node.unschedulable || this.available(node)) node.unschedulable = !node.unschedulable;
  }

  /** The new template crashes on one node. */
  breakNew(index: number): void {
    const pod = this.pods[index % Math.max(1, this.pods.length)];
    // With a window of three, one broken and one ill node leave room for the others.
    if (this.setting.bounds.failureBudget === undefined || this.setting.maxUnavailable !== 3) return;
    if (pod?.hash !== 'new' || !pod.ready) return;
    if (this.keeps(pod.node)) return;
    this.#unready(pod, Number.MAX_SAFE_INTEGER);
    for (const container of pod.containers) container.waitingReason = 'CrashLoopBackOff';
  }

  held(node: NodeView): boolean {
    return node.labels[holdLabel] !== undefined;
  }

  marked(node: NodeView): boolean {
    return node.annotations?.[kured] !== undefined;
  }

  /** Whether the release is broken on a node for good. */
  broken(node: NodeView): boolean {
    return this.pods.some(
      (pod) => pod.node === node.name && isSunk(pod) && pod.containers[0]?.waitingReason !== undefined,
    );
  }

  /** Nodes other than this one that count against the budget. */
  othersOut(node: NodeView): SimNode[] {
    const others = this.nodes.filter((other) => other !== node && !other.tainted && !this.available(other));
    const well = (other: SimNode): boolean => other.ready && !this.marked(other);
    return others.filter((other) => well(other) || (this.direction === 'forward' && this.wasReplaced(other)));
  }

  /** A node that is left alone for as long as a person wants it, so that an illness there would never end. */
  keeps(name: string): boolean {
    const node = this.nodes.find((other) => other.name === name);
    if (node === undefined) return false;
    const { exclude, cordoned } = this.setting.bounds;
    return node.labels[holdLabel] !== undefined || node.name === exclude || (cordoned === 'skip' && node.unschedulable);
  }

  /** A pod loses its readiness for a while, by nobody's doing. */
  stumble(index: number, forMs: number): void {
    const pod = this.pods[index % Math.max(1, this.pods.length)];
    if (pod?.ready) this.#unready(pod, this.nowMs + forMs);
  }

  /** A pod of last good that will never be ready again until it is replaced; fewer of them than the budget, or nothing may move. */
  sicken(index: number): void {
    const pod = this.pods[index % Math.max(1, this.pods.length)];
    const sick = this.pods.filter((one) => one.readyAtMs === Number.MAX_SAFE_INTEGER).length;
    const { maxUnavailable: most } = this.setting;
    if (typeof most !== 'number' || sick + 1 >= most || pod === undefined || !pod.ready || pod.hash !== 'old') return;
    if (this.keeps(pod.node) || this.setting.bounds.perZone !== undefined) return;
    this.#unready(pod, Number.MAX_SAFE_INTEGER);
  }

  /** Something unimportant about a pod changes, so that a DELETE which names its version is refused. */
  bump(index: number): void {
    const pod = this.pods[index % Math.max(1, this.pods.length)];
    if (pod !== undefined) Object.assign(pod, version(pod));
  }

  /** Somebody else deletes a pod. */
  deleteByHand(index: number): void {
    const pod = this.pods[index % Math.max(1, this.pods.length)];
    if (pod !== undefined) this.#terminate(pod);
  }

  /** Time passes: pods end and start, the controller makes what is missing from the live template. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.pods = this.pods.filter((pod) => pod.goneAtMs > this.nowMs);
    for (const pod of this.pods) {
      const node = this.nodes.find((other) => other.name === pod.node);
      if (pod.ready || pod.terminatingUntilMs !== undefined || node?.ready !== true) continue;
      // Waits for its node, which is back.
      if (pod.readyAtMs === Number.POSITIVE_INFINITY) pod.readyAtMs = this.nowMs + 2_000;
      if (pod.readyAtMs <= this.nowMs) Object.assign(pod, { ready: true, readySinceMs: this.nowMs }, version(pod));
    }
    for (const node of this.nodes) {
      if (this.wasTaken(node) && this.pods.some((pod) => pod.node === node.name && pod.hash === 'new' && isUp(pod))) {
        this.everArrived.add(node.uid);
      }
      if (node.tainted || this.pods.some((pod) => pod.node === node.name)) continue;
      this.#create(node, this.live, this.nowMs + this.random(20_000));
    }
  }

  /** All containers of one template crash for good. */
  crash(hash: string): void {
    for (const pod of this.pods) {
      if (pod.hash !== hash) continue;
      this.#unready(pod, Number.MAX_SAFE_INTEGER);
      for (const container of pod.containers) container.waitingReason = 'CrashLoopBackOff';
    }
  }

  get budget(): number {
    const eligible = this.nodes.filter((node) => !node.tainted).length;
    const { maxUnavailable: wanted } = this.setting;
    return Math.max(1, typeof wanted === 'number' ? wanted : Math.ceil((Number.parseInt(wanted, 10) * eligible) / 100));
  }

  available(node: NodeView): boolean {
    return this.pods.some((pod) => pod.node === node.name && isUp(pod));
  }

  /** A worker's DELETE, with the uid and version that it saw. False when the API server refuses it. */
  remove(seen: PodView): boolean {
    const pod = this.pods.find((other) => other.uid === seen.uid);
    if (pod === undefined || pod.resourceVersion !== seen.resourceVersion) return false;
    const node = this.nodes.find((other) => other.name === pod.node);
    if (node === undefined) throw new Broken(`${pod.uid} is on a node that is gone`);
    if (this.removed.has(pod.uid)) throw new Broken(`${pod.uid} was deleted twice`);
    if (!this.everGranted.has(pod.uid)) throw new Broken(`${pod.uid} was never granted`);
    if (node.tainted) throw new Broken(`${pod.uid} is on an ineligible node`);
    if (!node.ready) throw new Broken(`${pod.uid} is on a NotReady node`);
    this.#checkBudget(pod, node);
    const why = brokenBound(this, pod, node);
    if (why !== null) throw new Broken(`${pod.uid} ${why}`);
    this.removed.add(pod.uid);
    this.removals.push({ atMs: this.nowMs, nodeUid: node.uid });
    this.#terminate(pod);
    return true;
  }

  /** What a batch is told now. */
  rules(): StepRules {
    const { batches, maxUnavailable } = this.setting;
    const forward = this.direction === 'forward';
    return {
      direction: this.direction,
      toHash: forward ? 'new' : 'old',
      lastGoodHash: 'old',
      rules: forward ? batches.slice(0, this.batchIndex + 1) : [],
      batchIndex: this.batchIndex,
      maxUnavailable,
      readyWithinMs: 300_000,
      maxRestarts: 2,
      observeOnly: false,
      ignoredNodes: [],
      policy: policyOf(policyWith(this.setting.bounds)),
      rollout: 7,
      order,
    };
  }

  #checkBudget(pod: PodView, node: SimNode): void {
    const out = this.othersOut(node);
    // On the way back a pod that is down anyway may always go; what bounds it is how many are on their way.
    const sunk = this.direction === 'back' && !pod.ready && pod.hash === 'new';
    const counted = sunk
      ? out.filter((other) => !this.pods.some((one) => one.node === other.name && isSunk(one)))
      : out;
    const mine = sunk ? counted.filter((other) => this.wasTaken(other)) : counted;
    if (mine.length < this.budget) return;
    const names = mine.map((other) => other.name).join(', ');
    throw new Broken(`${mine.length} nodes (${names}) were out when ${pod.uid} was deleted, ${this.budget} may be`);
  }

  wasTaken(node: NodeView): boolean {
    return this.record.touched.includes(node.uid);
  }

  /** NotReady counts against the budget only after the node's pod was replaced. */
  wasReplaced(node: NodeView): boolean {
    return this.wasTaken(node) && !this.pods.some((pod) => pod.node === node.name && pod.hash === 'old');
  }

  #at(index: number): SimNode {
    const node = this.nodes[index % this.nodes.length];
    if (node === undefined) throw new Error('there is no node');
    return node;
  }

  #unready(pod: SimPod, readyAtMs: number): void {
    Object.assign(pod, { ready: false, readySinceMs: undefined, notReadySinceMs: this.nowMs, readyAtMs }, version(pod));
  }

  #terminate(pod: SimPod): void {
    if (pod.terminatingUntilMs !== undefined) return;
    const endMs = this.nowMs + 1_000 + this.random(10_000);
    Object.assign(pod, { terminatingUntilMs: this.nowMs + 30_000, goneAtMs: endMs }, version(pod));
  }

  #create(node: SimNode, hash: string, readyAtMs: number): void {
    const serial = this.#serial++;
    this.pods.push({
      name: `agent-${serial}`,
      uid: `p${serial}`,
      resourceVersion: '1',
      node: node.name,
      hash,
      createdMs: this.nowMs,
      phase: 'Running',
      ready: false,
      containers: [{ name: 'agent', init: false, image: hash, restartCount: 0 }],
      readyAtMs,
      goneAtMs: Number.POSITIVE_INFINITY,
    });
  }
}

/** Serves. */
export function isUp(pod: PodView): boolean {
  return pod.ready && pod.terminatingUntilMs === undefined;
}

function isSunk(pod: PodView): boolean {
  return pod.hash === 'new' && !pod.ready && pod.terminatingUntilMs === undefined;
}

function version(pod: PodView): { resourceVersion: string } {
  return { resourceVersion: `${Number(pod.resourceVersion) + 1}` };
}
