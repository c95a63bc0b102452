/** Faults on nodes, pods and the DaemonSet: cheap, so several a second. */
export const clusterFaults = [
  'node added',
  'node removed',
  'node killed',
  'node cordoned',
  'node tainted',
  'pod deleted by hand',
  'DaemonSet labelled by hand',
] as const;

/** Faults on Nodewave's own processes and what they lean on: each costs seconds. */
export const processFaults = ['worker killed', 'Temporal killed', 'API server killed'] as const;

/** What arrives by git while a rollout runs. */
export const commitFaults = ['newer commit', 'crashing version'] as const;

export type ClusterFault = (typeof clusterFaults)[number];
export type ProcessFault = (typeof processFaults)[number];
export type CommitFault = (typeof commitFaults)[number];
export type Fault = ClusterFault | ProcessFault | CommitFault;

/** Every kind, in the order of the table. */
export const allFaults: readonly Fault[] = [...clusterFaults, ...commitFaults, ...processFaults];

/** How often each kind was done to a rollout in flight. */
export class FaultCounts {
  readonly #counts = new Map<Fault, number>();

  count(kind: Fault): number {
    return this.#counts.get(kind) ?? 0;
  }

  add(kind: Fault): void {
    this.#counts.set(kind, this.count(kind) + 1);
  }

  total(): number {
    return allFaults.reduce((sum, kind) => sum + this.count(kind), 0);
  }

  /** The kind that was done least often; among equals `random` picks. */
  rarest<K extends Fault>(kinds: readonly K[], random: () => number): K | undefined {
    const least = Math.min(...kinds.map((kind) => this.count(kind)));
    const rarest = kinds.filter((kind) => this.count(kind) === least);
    return rarest[Math.floor(random() * rarest.length)];
  }
}
