import type { PodDeletion } from './audit-tail.ts';
import type { LiveSighting, PodSighting, Seen } from './cluster-record.ts';
import { countedOut, NodeBook, type NodeState } from './node-book.ts';

/**
 * What Nodewave could not have seen yet, milliseconds: a state that somebody else brought about less than this before a
 * deletion is not held against it. What Nodewave did itself has no such leeway.
 */
export const unseenMs = 2_000;

/** How far a watch that lost its connection may lag behind. A commit's end is held against the cluster only after that. */
export const settledMs = 10_000;

/** How a commit ended. */
export interface Ending {
  image: string;
  /** What the product said. */
  outcome: string;
  atMs: number;
}

/** A whole record and what is known beside it. */
export interface RulesInput {
  seen: readonly Seen[];
  deletions: readonly PodDeletion[];
  /** Pods that the test deleted itself. */
  byHand: ReadonlySet<string>;
  /** When the API server was killed and when it was back: what it did last may be missing in the audit log, and is seen late. */
  outages: readonly { fromMs: number; toMs: number }[];
  /** Images in the order in which they were pushed. */
  images: readonly string[];
  endings: readonly Ending[];
  /** Nodes that the DaemonSet selects. */
  selector: Readonly<Record<string, string>>;
  /** `maxUnavailable`, percent. */
  budgetPercent: number;
}

/** What was found. */
export interface Judgement {
  /** Every violated rule as a sentence. */
  violations: string[];
  /** Deletions by Nodewave that were checked, each by every rule. */
  checked: number;
  /** Deletions that fell into a hole of the record. */
  unchecked: number;
  /** Most other nodes out at a deletion by Nodewave, without those that it could not know of. */
  mostOutAtDeletion: number;
  /** Most nodes out at any moment, whoever did it. */
  mostOut: number;
  /** Most templates at once, last good and newer ones, on nodes that take part. */
  mostTemplates: number;
  /** Pods that ended, by whose hand. */
  ended: { nodewave: number; byHand: number; others: number };
}

/**
 * Holds a record against what is promised, in the order in which the API server made it happen.
 * - at each deletion by Nodewave fewer than the budget of other eligible nodes are out, those not counted that were NotReady before
 *   this rollout replaced their pod; where a rollback takes a pod that is down already, fewer than the budget are being replaced
 * - at most one accepted DELETE per pod, naming its uid; none on a node that is gone, ineligible or NotReady; none of a pod that
 *   is on the live template already
 * - at most last good, the newest target and what was superseded since, and no new pod of what was rolled back; nodes that were
 *   away when that was decided may have what they had until they are taken
 * - nobody else ends a pod, except where its node has gone or is not eligible
 * - after a success every node that took part is on it; after a rollback none is
 */
export function judge(input: RulesInput): Judgement {
  return new Judge(input).run();
}

class Judge {
  readonly #input: RulesInput;
  readonly #book: NodeBook;
  /** Pods that Nodewave deleted, with the moment by the audit log. */
  readonly #byNodewave = new Map<string, number>();
  /** Pods that it may have deleted: the request came to no end in time. */
  readonly #perhaps = new Map<string, number>();
  readonly #begunEnding = new Set<string>();
  readonly #versions: ReadonlyMap<string, number>;
  readonly #tried = new Set<string>();
  /** Images that were rolled back, and when. */
  readonly #givenUp = new Map<string, number>();
  #live: LiveSighting | null = null;
  #lastGood = -1;
  readonly #found: Judgement = {
    violations: [],
    checked: 0,
    unchecked: 0,
    mostOutAtDeletion: 0,
    mostOut: 0,
    mostTemplates: 0,
    ended: { nodewave: 0, byHand: 0, others: 0 },
  };

  constructor(input: RulesInput) {
    this.#input = input;
    this.#book = new NodeBook(input.selector, unseenMs);
    this.#versions = new Map(input.images.map((image, index) => [image, index]));
  }

  run(): Judgement {
    this.#countDeletions();
    const endings = [...this.#input.endings].sort((a, b) => a.atMs - b.atMs);
    const [toLearn, toCheck] = [[...endings], [...endings]];
    for (const event of [...this.#input.seen].sort((a, b) => a.version - b.version)) {
      while (toLearn[0] !== undefined && toLearn[0].atMs + unseenMs < event.atMs) this.#learn(toLearn.shift());
      while (toCheck[0] !== undefined && toCheck[0].atMs + settledMs < event.atMs) this.#check(toCheck.shift());
      this.#take(event);
    }
    for (const ending of toLearn) this.#learn(ending);
    for (const ending of toCheck) this.#check(ending);
    for (const uid of this.#byNodewave.keys()) if (!this.#begunEnding.has(uid)) this.#found.unchecked += 1;
    return this.#found;
  }

  #countDeletions(): void {
    const own = this.#input.deletions.filter(({ byNodewave }) => byNodewave);
    for (const { uid, pod, atMs } of own.filter(({ certain }) => certain)) {
      if (uid === '') this.#say(`the DELETE of ${pod} names no uid`);
      if (this.#byNodewave.has(uid)) this.#say(`pod ${uid} was deleted twice`);
      else this.#byNodewave.set(uid, atMs);
    }
    for (const { uid, atMs } of own.filter(({ certain }) => !certain)) {
      if (!this.#byNodewave.has(uid)) this.#perhaps.set(uid, atMs);
    }
  }

  #take(event: Seen): void {
    if (event.kind === 'live') {
      // A template that was never live before: a new rollout, which has touched no node yet.
      if (!this.#tried.has(event.image)) this.#book.forgetTouched(event.atMs);
      this.#tried.add(event.image);
      if (event.strategy !== 'OnDelete') this.#say(`the update strategy was ${event.strategy}`);
      this.#live = event.gone ? null : event;
    } else if (event.kind === 'node') {
      this.#book.node(event);
    } else {
      this.#takePod(event);
    }
    this.#found.mostOut = Math.max(this.#found.mostOut, this.#book.outNow);
  }

  #takePod(pod: PodSighting): void {
    const ends = (pod.terminating || pod.gone) && !this.#begunEnding.has(pod.uid);
    const perhapsMs = this.#perhaps.get(pod.uid);
    if (ends && perhapsMs !== undefined) this.#byNodewave.set(pod.uid, perhapsMs);
    const own = this.#byNodewave.has(pod.uid);
    if (ends) {
      this.#begunEnding.add(pod.uid);
      if (own) this.#checkDeletion(pod);
      else this.#checkOtherEnd(pod);
    }
    const known = this.#book.knows(pod.uid);
    this.#book.pod(pod, ends && own ? 'nodewave' : 'others');
    if (ends && own) this.#book.touch(pod.node, pod.atMs);
    if (!known && !ends) this.#checkTemplates(pod);
  }

  #checkDeletion(pod: PodSighting): void {
    this.#found.ended.nodewave += 1;
    if (pod.gap) {
      this.#found.unchecked += 1;
      return;
    }
    this.#found.checked += 1;
    // The watches of nodes and pods may lag behind each other: how old a state was at the deletion tells the audit log's time.
    const atMs = Math.min(pod.atMs, this.#byNodewave.get(pod.uid) ?? pod.atMs);
    this.#checkNode(pod, this.#book.state(pod.node), atMs);
    if (pod.image === this.#live?.image) this.#say(`${where(pod)} was deleted although it was on the live template`);
    const back = this.#goesBack(pod);
    const budget = Math.max(1, Math.ceil((this.#input.budgetPercent * this.#book.mostEligible(atMs)) / 100));
    const wasAvailable = this.#book.availableFor(pod.uid, atMs) >= unseenMs;
    const others = this.#book
      .outNodes()
      .filter((node) => node.name !== pod.node && countedOut(node, atMs, unseenMs))
      // On the way back every NotReady node is deferred, and one that is down already has nothing to lose.
      .filter((node) => !back || node.last.ready)
      .filter((node) => !back || wasAvailable || (node.outBy === 'nodewave' && !this.#sunk(node)));
    this.#found.mostOutAtDeletion = Math.max(this.#found.mostOutAtDeletion, others.length);
    if (others.length >= budget) {
      const names = others.slice(0, 30).map((node) => describe(node, atMs));
      this.#say(
        `when ${where(pod)} was deleted${this.#when(pod.uid, atMs)}, ${others.length} other nodes were out, budget ${budget}: ${names.join(', ')}`,
      );
    }
  }

  /** What else happened at that time, for whoever looks for the cause. */
  #when(uid: string, atMs: number): string {
    const received = this.#input.deletions.find((deletion) => deletion.uid === uid)?.receivedMs ?? atMs;
    const outage = this.#input.outages.findLast(({ fromMs }) => fromMs < atMs);
    const waited = ` (asked for ${atMs - received} ms before`;
    return outage === undefined ? `${waited})` : `${waited}; API server killed ${atMs - outage.fromMs} ms before)`;
  }

  #checkNode(pod: PodSighting, state: NodeState | undefined, atMs: number): void {
    if (state === undefined) {
      this.#say(`${where(pod)} was deleted on a node that never was`);
      return;
    }
    const { last } = state;
    if (last.gone) {
      if (atMs - last.atMs >= unseenMs) this.#say(`${where(pod)} was deleted although its node had gone`);
    } else if (!state.eligible) {
      if (atMs - state.eligibleChangedMs >= unseenMs) {
        const taints = last.taints.map((taint) => taint.key).join(', ');
        this.#say(`${where(pod)} was deleted although its node was not eligible (${taints})`);
      }
    } else if (!last.ready && atMs - state.readyChangedMs >= unseenMs) {
      this.#say(`${where(pod)} was deleted although its node was NotReady`);
    }
  }

  /** The live template is one that was good before, and the pod is on another one. */
  #goesBack(pod: PodSighting): boolean {
    const live = this.#versions.get(this.#live?.image ?? '');
    return live !== undefined && live === this.#lastGood && (this.#versions.get(pod.image) ?? -1) !== live;
  }

  /** Down on something else than what it is to go back to: the node has nothing to lose. */
  #sunk(node: NodeState): boolean {
    const pods = this.#book.podsOf(node.name).filter((pod) => !pod.terminating);
    return pods.length > 0 && pods.every((pod) => pod.image !== this.#live?.image && !pod.ready);
  }

  #checkOtherEnd(pod: PodSighting): void {
    if (this.#input.byHand.has(pod.uid)) {
      this.#found.ended.byHand += 1;
      return;
    }
    this.#found.ended.others += 1;
    const state = this.#book.state(pod.node);
    const awayLately = state === undefined || !state.counted || pod.atMs - state.countedSinceMs < 5_000;
    const killedLately = this.#input.outages.some(
      ({ fromMs, toMs }) => pod.atMs > fromMs - unseenMs && pod.atMs < toMs + settledMs,
    );
    if (awayLately || killedLately || pod.gap) return;
    const said = this.#input.deletions.find((deletion) => deletion.pod === pod.name);
    // Under OnDelete, which is a rule of its own, controllers end a pod only by what they saw of its node, be it late.
    if (said !== undefined && /daemon-set-controller|pod-garbage-collector|taint-eviction/.test(said.by)) return;
    this.#say(`${where(pod)} ended on a node that was well, by ${said?.by ?? 'nobody that the audit log knows'}`);
  }

  #checkTemplates(fresh: PodSighting): void {
    const givenUpMs = this.#givenUp.get(fresh.image);
    if (givenUpMs !== undefined && fresh.createdMs > givenUpMs + unseenMs) {
      this.#say(`${where(fresh)} was made although that version was rolled back`);
    }
    const images = new Set<string>();
    for (const pod of this.#book.participants()) {
      // What a node that was away brings back is taken from it in time, and is no template of now.
      const old = (this.#versions.get(pod.image) ?? -1) < this.#lastGood || this.#givenUp.has(pod.image);
      if (!old) images.add(pod.image);
    }
    this.#found.mostTemplates = Math.max(this.#found.mostTemplates, images.size);
    // Each rollout since last good that neither succeeded nor was rolled back made way for the next one.
    const since = [...this.#tried].filter((image) => (this.#versions.get(image) ?? -1) > this.#lastGood);
    const allowed = 1 + since.filter((image) => !this.#givenUp.has(image)).length;
    if (images.size > allowed)
      this.#say(`${images.size} templates at once, ${allowed} allowed: ${[...images].join(', ')}`);
  }

  #learn(ending: Ending | undefined): void {
    if (ending === undefined) return;
    if (isGood(ending)) this.#lastGood = this.#versions.get(ending.image) ?? this.#lastGood;
    else if (ending.outcome === 'rolledBack') this.#givenUp.set(ending.image, ending.atMs);
  }

  #check(ending: Ending | undefined): void {
    const version = this.#versions.get(ending?.image ?? '');
    if (ending === undefined || version === undefined) return;
    const good = isGood(ending);
    if (!good && ending.outcome !== 'rolledBack') return;
    // The decision is seconds older than its record when Temporal was away in between.
    for (const pod of this.#book.participants(ending.atMs - settledMs)) {
      const at = this.#versions.get(pod.image) ?? -1;
      const wrong = good ? at < version : at === version;
      if (wrong) this.#say(`${ending.image} ended as ${ending.outcome} although ${where(pod)} was on ${pod.image}`);
    }
  }

  #say(sentence: string): void {
    this.#found.violations.push(sentence);
  }
}

function isGood({ outcome }: Ending): boolean {
  return outcome === 'succeeded' || outcome === 'installed';
}

function describe(node: NodeState, atMs: number): string {
  const ready = node.last.ready ? '' : ', NotReady';
  return `${node.name} by ${node.outBy} for ${atMs - node.outSinceMs} ms${ready}`;
}

function where(pod: PodSighting): string {
  return `the pod of ${pod.node} (${pod.name}, ${pod.image}, version ${pod.version})`;
}
