import type { Observation, PodSeen, TemplateSeen } from './observation.ts';

/** The nodes and the agents on them, kept up to date by observations. */
export class Fleet {
  /** Zone by node. */
  readonly nodes = new Map<string, string>();
  /** Pods that are not gone or going, by uid. */
  readonly pods = new Map<string, PodSeen>();
  template: TemplateSeen | null = null;
  readonly #known = new Set<string>();
  readonly #left = new Set<string>();

  /** Takes an observation in. Says whether a pod is seen for the first time, or leaving for the first time. */
  add(seen: Observation): { appeared: boolean; left: boolean } {
    if (seen.kind === 'template') this.template = seen;
    if (seen.kind === 'node') {
      if (seen.gone) this.nodes.delete(seen.name);
      else this.nodes.set(seen.name, seen.zone);
    }
    if (seen.kind !== 'pod') return { appeared: false, left: false };
    const change = { appeared: !this.#known.has(seen.uid), left: seen.leaving && !this.#left.has(seen.uid) };
    this.#known.add(seen.uid);
    if (seen.leaving) {
      this.#left.add(seen.uid);
      this.pods.delete(seen.uid);
    } else {
      this.pods.set(seen.uid, seen);
    }
    return change;
  }

  /** Nodes with an available agent; only those of one image when it is named. */
  served(image?: string): Set<string> {
    const nodes = new Set<string>();
    for (const pod of this.pods.values()) {
      if (pod.available && (image === undefined || pod.image === image)) nodes.add(pod.node);
    }
    return nodes;
  }

  /** Nodes without an available agent. */
  out(): string[] {
    const served = this.served();
    return [...this.nodes.keys()].filter((node) => !served.has(node));
  }

  /** Uid of the pod on each node. */
  uids(): Map<string, string> {
    return new Map([...this.pods.values()].map(({ node, uid }) => [node, uid]));
  }
}

/** The fleet after the first `count` observations. */
export function fleetAt(observations: readonly Observation[], count: number = observations.length): Fleet {
  const fleet = new Fleet();
  for (const seen of observations.slice(0, count)) fleet.add(seen);
  return fleet;
}
