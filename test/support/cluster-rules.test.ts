import { describe, expect, test } from 'vitest';
import type { PodDeletion } from './audit-tail.ts';
import type { LiveSighting, NodeSighting, PodSighting, Seen } from './cluster-record.ts';
import { judge, type RulesInput } from './cluster-rules.ts';

/** A record made by hand: 20 nodes on v0, v1 is live, 10 % are two nodes. Times are seconds. */
class Story {
  #version = 0;
  #second = 0;
  readonly #seen: Seen[] = [];
  readonly #deletions: PodDeletion[] = [];
  readonly #pods = new Map<string, PodSighting>();
  readonly #nodes = new Map<string, NodeSighting>();
  readonly input: Omit<RulesInput, 'seen' | 'deletions' | 'byHand'> = {
    outages: [],
    images: ['v0', 'v1', 'v2', 'v3'],
    endings: [{ image: 'v0', outcome: 'installed', atMs: 1_000 }],
    selector: { group: 'a' },
    budgetPercent: 10,
  };
  readonly byHand = new Set<string>();

  constructor() {
    this.live('v0');
    for (let index = 1; index <= 20; index++) {
      this.node(`n${index}`);
      this.pod(`n${index}`, 'v0', `p${index}`);
    }
    this.at(10).live('v1');
  }

  at(second: number): this {
    this.#second = second;
    return this;
  }

  live(image: string, strategy = 'OnDelete'): this {
    return this.#add<LiveSighting>({ kind: 'live', uid: 'ds', image, strategy, ...this.#moment() });
  }

  node(name: string, change: Partial<NodeSighting> = {}): this {
    const fresh = { kind: 'node' as const, uid: `uid-${name}`, name, labels: { group: 'a' }, cordoned: false };
    const sighting = { ...fresh, taints: [], ready: true, ...change, ...this.#moment() };
    this.#nodes.set(name, sighting);
    return this.#add({ ...sighting, gone: change.gone === true });
  }

  pod(node: string, image: string, uid: string, change: Partial<PodSighting> = {}): this {
    const createdMs = this.#second * 1_000;
    const sighting = { kind: 'pod' as const, uid, name: uid, node, image, ready: true, terminating: false, createdMs };
    const whole = { ...sighting, ...change, ...this.#moment() };
    this.#pods.set(uid, whole);
    return this.#add({ ...whole, gone: change.gone === true });
  }

  /** The pod of a node ends, with an entry in the audit log. */
  deleted(uid: string, byNodewave = true, named = uid, change: Partial<PodSighting> = {}, certain = true): this {
    const pod = this.#pods.get(uid);
    if (pod === undefined) throw new Error(`no pod ${uid}`);
    const by = byNodewave ? 'nodewave' : 'somebody';
    const atMs = this.#second * 1_000;
    this.#deletions.push({ atMs, receivedMs: atMs, byNodewave, by, pod: uid, certain, uid: named });
    return this.#add({ ...pod, terminating: true, ...this.#moment(), ...change });
  }

  /** Nodewave replaces a pod, and the new one is available at once. */
  replaced(uid: string, image: string, next: string): this {
    const node = this.#pods.get(uid)?.node ?? '';
    return this.deleted(uid).pod(node, image, next);
  }

  ended(image: string, outcome: string): this {
    this.input.endings = [...this.input.endings, { image, outcome, atMs: this.#second * 1_000 }];
    return this;
  }

  judged() {
    return judge({ ...this.input, seen: this.#seen, deletions: this.#deletions, byHand: this.byHand });
  }

  violations(): string[] {
    return this.judged().violations;
  }

  #moment() {
    this.#version += 1;
    return { version: this.#version, atMs: this.#second * 1_000, gone: false, gap: false };
  }

  #add<S extends Seen>(sighting: S): this {
    this.#seen.push(sighting);
    return this;
  }
}

const notReady = { ready: false, taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] };
const tainted = { taints: [{ key: 'gpu', effect: 'NoSchedule' }] };

describe('the budget', () => {
  test('one other node out is within a budget of two', () => {
    const story = new Story().at(20).deleted('p1').deleted('p2');
    expect(story.judged()).toMatchObject({ violations: [], checked: 2, mostOutAtDeletion: 1, mostOut: 2 });
  });

  test('a third node at once is one too many', () => {
    const story = new Story().at(20).deleted('p1').deleted('p2').deleted('p3');
    expect(story.violations()).toEqual([expect.stringContaining('2 other nodes were out, budget 2')]);
  });

  test('a deletion that came to no answer in time counts once it is seen, and may be asked for again', () => {
    const maybe = new Story().at(20).deleted('p1').deleted('p2', true, 'p2', {}, false).deleted('p3');
    expect(maybe.violations()).toEqual([expect.stringContaining('2 other nodes were out, budget 2')]);
    const again = new Story().at(20).deleted('p1').deleted('p2', true, 'p2', {}, false).deleted('p2');
    expect(again.judged()).toMatchObject({ violations: [], checked: 2, unchecked: 0 });
  });

  test('a node that is available again makes room', () => {
    const story = new Story().at(20).deleted('p1').deleted('p2').pod('n1', 'v1', 'q1').deleted('p3');
    expect(story.violations()).toEqual([]);
  });

  test('what somebody else took away counts two seconds later, and not before', () => {
    const story = () => new Story().at(20).deleted('p9', false).deleted('p8', false);
    const soon = story().at(21).deleted('p1');
    const later = story().at(23).deleted('p1');
    for (const each of [soon, later]) each.byHand.add('p8').add('p9');
    expect(soon.violations()).toEqual([]);
    expect(later.violations()).toEqual([expect.stringContaining('2 other nodes were out')]);
  });

  test('how old a state was at a deletion is told by the audit log, not by a watch that lags', () => {
    const story = new Story()
      .at(20)
      .deleted('p9', false)
      .deleted('p8', false)
      .at(21)
      .deleted('p1', true, 'p1', { atMs: 26_000 });
    story.byHand.add('p8').add('p9');
    expect(story.violations()).toEqual([]);
  });

  test('a node that has just joined counts once the controller may make a pod there', () => {
    const joined = { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] };
    const story = () => new Story().at(12).node('n21', joined).node('n22', joined).node('n23', joined);
    expect(story().at(20).deleted('p1').violations()).toEqual([]);
    const untainted = story().at(15).node('n21').node('n22').node('n23').at(20).deleted('p1');
    expect(untainted.violations()).toEqual([expect.stringContaining('3 other nodes were out, budget 3')]);
  });

  test('a new pod that crashes keeps its node out', () => {
    const down = { ready: false };
    const story = new Story().at(20).deleted('p1').deleted('p2').pod('n1', 'v1', 'q1', down).at(30).deleted('p3');
    expect(story.violations()).toEqual([expect.stringContaining('2 other nodes were out')]);
  });

  test('a node that was NotReady before is set aside; one that turned NotReady after it was taken counts', () => {
    const before = new Story().at(20).node('n1', notReady).pod('n1', 'v0', 'p1', { ready: false });
    expect(before.at(30).deleted('p2').deleted('p3').violations()).toEqual([]);
    const after = new Story().at(20).deleted('p1').at(21).node('n1', notReady);
    expect(after.at(30).deleted('p2').deleted('p3').violations()).toEqual([expect.stringContaining('2 other nodes')]);
  });

  test('a node that is not eligible does not count, and one that is again counts two seconds later', () => {
    const story = new Story().at(20).node('n1', tainted).pod('n1', 'v0', 'p1', { gone: true });
    story.at(30).node('n1');
    expect(story.at(31).deleted('p2').deleted('p3').violations()).toEqual([]);
    expect(story.pod('n3', 'v1', 'q3').at(34).deleted('p4').violations()).toEqual([
      expect.stringContaining('n1 by others'),
    ]);
  });

  test('on the way back a node that is down already is taken although more are down than the budget', () => {
    const story = new Story().at(20).replaced('p1', 'v1', 'q1').replaced('p2', 'v1', 'q2').replaced('p3', 'v1', 'q3');
    for (const [node, uid] of [
      ['n1', 'q1'],
      ['n2', 'q2'],
      ['n3', 'q3'],
    ] as const)
      story.pod(node, 'v1', uid, { ready: false });
    story.at(30).live('v0').at(31).deleted('q1').deleted('q2');
    expect(story.violations()).toEqual([]);
    expect(story.deleted('q3').violations()).toEqual([expect.stringContaining('2 other nodes were out, budget 2')]);
  });
});

describe('which pods', () => {
  test('no pod is deleted twice, and each DELETE names its uid', () => {
    const story = new Story().at(20).deleted('p1').deleted('p1').deleted('p2', true, '');
    expect(story.violations()).toEqual(
      expect.arrayContaining(['pod p1 was deleted twice', 'the DELETE of p2 names no uid']),
    );
  });

  test('none on a node that is not eligible', () => {
    const story = new Story().at(20).node('n1', tainted);
    expect(story.at(21).deleted('p1').violations()).toEqual([]);
    expect(new Story().at(20).node('n1', tainted).at(23).deleted('p1').violations()).toEqual([
      expect.stringContaining('was not eligible (gpu)'),
    ]);
  });

  test('none on a NotReady node, nor on one that has gone', () => {
    const dark = new Story().at(20).node('n1', notReady).at(23).deleted('p1');
    expect(dark.violations()).toEqual([expect.stringContaining('was NotReady')]);
    const gone = new Story().at(20).node('n1', { gone: true }).at(23).deleted('p1');
    expect(gone.violations()).toEqual([expect.stringContaining('its node had gone')]);
  });

  test('none that is on the live template already', () => {
    const story = new Story().at(20).replaced('p1', 'v1', 'q1').at(21).deleted('q1');
    expect(story.violations()).toEqual([expect.stringContaining('although it was on the live template')]);
  });

  test('nobody else ends a pod of a node that is well', () => {
    const story = new Story().at(20).deleted('p1', false);
    expect(story.violations()).toEqual([expect.stringContaining('ended on a node that was well, by somebody')]);
    story.byHand.add('p1');
    expect(story.violations()).toEqual([]);
    expect(new Story().at(20).node('n1', { gone: true }).at(60).deleted('p1', false).violations()).toEqual([]);
  });
});

describe('templates and endings', () => {
  test('a third template only where a newer commit made a rollout yield', () => {
    const story = new Story().at(20).replaced('p1', 'v1', 'q1').at(30).live('v2').replaced('p2', 'v2', 'q2');
    expect(story.judged()).toMatchObject({ violations: [], mostTemplates: 3 });
    expect(story.pod('n3', 'v3', 'q3').violations()).toEqual(['4 templates at once, 3 allowed: v1, v2, v0, v3']);
  });

  test('a node that was away brings back what was rolled back, and is taken later', () => {
    const story = new Story().at(20).replaced('p1', 'v1', 'q1').at(21).node('n1', tainted);
    story.at(22).live('v0').ended('v1', 'rolledBack').at(40).node('n1').at(41).live('v2').replaced('p2', 'v2', 'q2');
    expect(story.violations()).toEqual([]);
  });

  test('no new pod of a version that was rolled back', () => {
    const story = new Story().at(20).live('v0').ended('v1', 'rolledBack').at(30).live('v1').replaced('p1', 'v1', 'q1');
    expect(story.violations()).toContainEqual(
      expect.stringContaining('was made although that version was rolled back'),
    );
  });

  test('after a success no node that took part is on what was before', () => {
    const story = new Story().at(20);
    for (let index = 1; index <= 19; index++) story.replaced(`p${index}`, 'v1', `q${index}`);
    story.at(40).ended('v1', 'succeeded');
    expect(story.violations()).toEqual([expect.stringContaining('v1 ended as succeeded although the pod of n20')]);
    story.at(39).node('n20', tainted);
    expect(story.violations()).toEqual([]);
  });

  test('after a rollback no node is on what was rolled back', () => {
    const story = new Story().at(20).replaced('p1', 'v1', 'q1').at(30).live('v0').ended('v1', 'rolledBack');
    expect(story.violations()).toEqual([expect.stringContaining('v1 ended as rolledBack although the pod of n1')]);
  });

  test('the strategy stays OnDelete', () => {
    expect(new Story().at(20).live('v1', 'RollingUpdate').violations()).toEqual([
      'the update strategy was RollingUpdate',
    ]);
  });

  test('what fell into a hole of the record is counted and not judged', () => {
    const story = new Story().at(20).deleted('p1').deleted('p2').deleted('p3', true, 'p3', { gap: true });
    expect(story.judged()).toMatchObject({ violations: [], checked: 2, unchecked: 1 });
  });
});
