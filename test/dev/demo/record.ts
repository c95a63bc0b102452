import type { Observation, PodSeen } from '../../../dev/demo/observation.ts';

/** Writes a record the way a watch would report it, one second after another unless told otherwise. */
export class RecordBook {
  readonly observations: Observation[] = [];
  nowMs = 0;

  /** Lets time pass. */
  wait(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  node(name: string, zone = 'zone-a', gone = false): this {
    this.observations.push({ kind: 'node', atMs: this.nowMs, name, zone, gone });
    return this;
  }

  template(image: string, managed: { strategy?: string; application?: string | null } = {}): this {
    const { strategy = 'OnDelete', application = 'agents' } = managed;
    this.observations.push({ kind: 'template', atMs: this.nowMs, image, strategy, application, managers: [] });
    return this;
  }

  pod(uid: string, node: string, image: string, state: 'starting' | 'available' | 'leaving'): this {
    const seen: PodSeen = {
      kind: 'pod',
      atMs: this.nowMs,
      uid,
      name: `agent-${uid}`,
      node,
      image,
      available: state === 'available',
      leaving: state === 'leaving',
      trouble: null,
    };
    this.observations.push(seen);
    return this;
  }

  /** Replaces the pod `old` of a node by `next`, which is available `gapMs` later. */
  replace(node: string, old: string, next: string, images: [string, string], gapMs: number): this {
    this.pod(old, node, images[0], 'leaving').pod(next, node, images[1], 'starting');
    return this.wait(gapMs).pod(next, node, images[1], 'available');
  }

  mark(): number {
    return this.observations.length;
  }
}

/** Nodes n1 to n`count`, each with an available pod p1 … of image `image`. */
export function runningFleet(
  count: number,
  image: string,
  managed?: Parameters<RecordBook['template']>[1],
): RecordBook {
  const book = new RecordBook();
  book.template(image, managed);
  for (let index = 1; index <= count; index += 1) {
    book.node(`n${index}`, `zone-${index}`).pod(`p${index}`, `n${index}`, image, 'available');
  }
  return book;
}
