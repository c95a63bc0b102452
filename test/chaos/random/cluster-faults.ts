import type { KubeConfig } from '@kubernetes/client-node';
import type { ClusterClient } from '../../../activities/cluster/client.ts';
import { hasStatus } from '../../../activities/cluster/kube-error.ts';
import type { Node } from '../../../activities/cluster/objects.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { nodeManifest, notReadyLabel } from '../../../dev/stack/nodes.ts';
import { waitFor } from '../../../dev/stack/wait.ts';
import type { ClusterRecord, NodeSighting } from '../../support/cluster-record.ts';
import type { ClusterFault } from './kinds.ts';

/** What the faults work on. */
export interface FaultField {
  kubeConfig: KubeConfig;
  kube: ClusterClient;
  record: ClusterRecord;
  namespace: string;
  daemonSet: string;
  /** Nodes at the beginning; their number is kept near it. */
  nodes: number;
  random: () => number;
  /** Uids of the pods that were deleted here. */
  byHand: Set<string>;
}

/** Nodes under a fault of one kind at once; more would be an outage of the cluster and no fault of nodes. */
const atOnce = { killed: 6, cordoned: 10, tainted: 8 };

const taintKey = 'nodewave.test/chaos';

interface Undo {
  atMs: number;
  node: string;
  kind: keyof typeof atOnce | 'removed';
  run: () => Promise<unknown>;
}

/** Injects faults into nodes, pods and the DaemonSet, and takes each back after some seconds. */
export class ClusterFaults {
  readonly #field: FaultField;
  #undos: Undo[] = [];
  #next: number;

  constructor(field: FaultField) {
    this.#field = field;
    this.#next = field.nodes;
  }

  /** Does one fault of a kind; false when it cannot be done now. */
  async inject(kind: ClusterFault): Promise<boolean> {
    switch (kind) {
      case 'node added':
        return await this.#add();
      case 'node removed':
        return await this.#remove();
      case 'node killed':
        return await this.#kill();
      case 'node cordoned':
        return await this.#cordon();
      case 'node tainted':
        return await this.#taint();
      case 'pod deleted by hand':
        return await this.#deletePod();
      case 'DaemonSet labelled by hand':
        return await this.#label();
    }
  }

  /** Takes everything back. */
  async heal(): Promise<void> {
    while (this.#undos.length > 0) await this.undo(Number.POSITIVE_INFINITY);
  }

  /** Takes back what is due. */
  async undo(nowMs = Date.now()): Promise<void> {
    const due = this.#undos.filter((undo) => undo.atMs <= nowMs);
    this.#undos = this.#undos.filter((undo) => !due.includes(undo));
    for (const undo of due) await insist(undo.run, `a node to be well again (${undo.kind} ${undo.node})`);
  }

  #later(kind: Undo['kind'], node: string, fromMs: number, toMs: number, run: () => Promise<unknown>): void {
    const atMs = Date.now() + fromMs + this.#field.random() * (toMs - fromMs);
    this.#undos.push({ atMs, node, kind, run });
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#field.random() * items.length)];
  }

  /** A node that nothing is wrong with. */
  #plainNode(kind?: keyof typeof atOnce): NodeSighting | undefined {
    if (kind !== undefined && this.#undos.filter((undo) => undo.kind === kind).length >= atOnce[kind]) return undefined;
    const busy = new Set(this.#undos.map((undo) => undo.node));
    const plain = [...this.#field.record.nodes.values()]
      .filter((node) => node.ready && !node.cordoned && node.taints.length === 0 && !busy.has(node.name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#pick(plain);
  }

  #patch(name: string, body: object): Promise<unknown> {
    return insist(
      () => this.#field.kube.patch(paths.node(name), body, { type: 'merge' }).catch(ignoreGone),
      `node ${name} to be patched`,
    );
  }

  async #create(index: number): Promise<void> {
    const body = nodeManifest(index, {});
    await insist(
      () => this.#field.kube.create(paths.nodes(), body, { fieldManager: 'chaos' }).catch(ignoreConflict),
      'a node to be created',
    );
  }

  async #add(): Promise<boolean> {
    if (this.#field.record.nodes.size >= this.#field.nodes + 8) return false;
    this.#next += 1;
    await this.#create(this.#next - 1);
    return true;
  }

  async #remove(): Promise<boolean> {
    const node = this.#plainNode();
    if (node === undefined || this.#field.record.nodes.size <= this.#field.nodes - 8) return false;
    await this.#removeNow(node.name);
    return true;
  }

  async #removeNow(name: string): Promise<void> {
    await insist(() => this.#field.kube.remove(paths.node(name)), `node ${name} to be removed`);
    // The same name with a new uid is another node.
    const index = Number(name.slice(name.lastIndexOf('-') + 1)) - 1;
    if (this.#field.random() < 0.5) this.#later('removed', name, 500, 8_000, () => this.#create(index));
  }

  async #kill(): Promise<boolean> {
    const node = this.#plainNode('killed');
    if (node === undefined) return false;
    const dead = this.#field.random() < 0.25;
    await this.#patch(node.name, { metadata: { labels: { [notReadyLabel]: 'true' } } });
    // Well below the 15 s after which a node that was touched is held against the release.
    this.#later('killed', node.name, 1_500, 7_000, async () => {
      if (dead) await this.#removeNow(node.name);
      else await this.#patch(node.name, { metadata: { labels: { [notReadyLabel]: null } } });
    });
    return true;
  }

  async #cordon(): Promise<boolean> {
    const node = this.#plainNode('cordoned');
    if (node === undefined) return false;
    await this.#patch(node.name, { spec: { unschedulable: true } });
    this.#later('cordoned', node.name, 2_000, 12_000, () => this.#patch(node.name, { spec: { unschedulable: null } }));
    return true;
  }

  async #taint(): Promise<boolean> {
    const node = this.#plainNode('tainted');
    if (node === undefined) return false;
    const effect = this.#field.random() < 0.5 ? 'NoSchedule' : 'NoExecute';
    await this.#patch(node.name, { spec: { taints: [{ key: taintKey, effect }] } });
    this.#later('tainted', node.name, 2_000, 12_000, async () => {
      const live = await this.#field.kube.get<Node>(paths.node(node.name));
      const others = (live?.spec?.taints ?? []).filter((taint) => taint.key !== taintKey);
      await this.#patch(node.name, { spec: { taints: others } });
    });
    return true;
  }

  async #deletePod(): Promise<boolean> {
    const pods = [...this.#field.record.pods.values()].filter((pod) => !pod.terminating && pod.node !== '');
    const pod = this.#pick(pods.sort((a, b) => (a.node < b.node ? -1 : 1)));
    if (pod === undefined) return false;
    this.#field.byHand.add(pod.uid);
    await insist(() => this.#field.kube.remove(paths.pod(this.#field.namespace, pod.name)), 'a pod to be deleted');
    return true;
  }

  async #label(): Promise<boolean> {
    const { namespace, daemonSet: name } = this.#field;
    const value = Math.floor(this.#field.random() * 1_000_000).toString();
    await insist(
      () =>
        this.#field.kube.patch(
          paths.daemonSet({ namespace, name }),
          { metadata: { labels: { 'nodewave.test/note': value } } },
          { type: 'merge', fieldManager: 'kubectl-label' },
        ),
      'the DaemonSet to be labelled',
    );
    return true;
  }
}

/** Tries again while the API server is away. */
export async function insist<T>(work: () => Promise<T>, what: string): Promise<T> {
  return await waitFor(async () => ({ done: await work() }), { timeoutMs: 60_000, everyMs: 200, what }).then(
    ({ done }) => done,
  );
}

function ignoreGone(error: unknown): void {
  if (!hasStatus(error, 404)) throw error;
}

function ignoreConflict(error: unknown): void {
  if (!hasStatus(error, 409)) throw error;
}
