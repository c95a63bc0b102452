import fc from 'fast-check';
import type { Bounds } from './bounds.ts';
import { batch } from './build.ts';
import { Broken, type Setting, type World } from './simulator.ts';
import { Worker } from './worker.ts';

/** What happens to a simulated rollout. */
export type Event =
  | { kind: 'work'; calls: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'crash' | 'freeze' | 'cutOff' | 'pause' | 'join' }
  | { kind: 'zombie'; calls: number }
  | { kind: 'flip' | 'taint' | 'stumble' | 'byHand' | 'leave' | 'sicken' | 'bump'; index: number }
  | { kind: 'maintain' | 'hold' | 'cordon' | 'breakNew'; index: number };

/** Which node or pod it happens to. */
export const index = fc.nat({ max: 30 });
/** Any of it. */
export const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('work' as const), calls: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 100, max: 12_000 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('crash' as const, 'freeze' as const, 'cutOff' as const, 'pause' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('zombie' as const), calls: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'flip' as const,
        'taint' as const,
        'stumble' as const,
        'byHand' as const,
        'leave' as const,
        'sicken' as const,
        'maintain' as const,
        'hold' as const,
        'cordon' as const,
        'breakNew' as const,
      ),
      index,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('bump' as const), index }) },
);

/** What the rollout is about. */
export const setting: fc.Arbitrary<Omit<Setting, 'decide'>> = fc.record({
  nodes: fc.integer({ min: 1, max: 14 }),
  maxUnavailable: fc.constantFrom(1, 2, 3, '10%' as const, '34%' as const, '100%' as const),
  batches: fc.constantFrom(
    [batch('100%')],
    [batch(1), batch('100%')],
    [batch(1, { per: 'topology.kubernetes.io/zone' }), batch('50%'), batch('100%')],
    [batch(2), batch(3), batch('100%')],
  ),
  seed: fc.nat({ max: 2 ** 31 }),
  bounds: fc.constantFrom<Bounds[]>(
    {},
    { perZone: 1, cordoned: 'skip' },
    { perZone: 2, exclude: 'n1', spread: true },
    { podsPerMinute: 2, cordoned: 'last' },
    { podsPerMinute: 4, exclude: 'n0' },
    { rampStart: 1, spread: true },
    { rampStart: 2, podsPerMinute: 6 },
    { failureBudget: 1 },
  ),
});

/** One rollout with whatever happens to it; ends when nothing happens any more. */
export class Drama {
  readonly world: World;
  worker: Worker;
  zombie: Worker | null = null;
  ended = false;

  constructor(world: World) {
    this.world = world;
    this.worker = new Worker(world);
  }

  play(event: Event): void {
    if (this.ended) return;
    switch (event.kind) {
      case 'work':
        for (let call = 0; call < event.calls; call++) this.work();
        break;
      case 'zombie':
        for (let call = 0; call < event.calls; call++) this.zombie?.work();
        return;
      case 'pass':
        this.world.pass(event.ms);
        break;
      case 'crash':
        this.zombie = null;
        this.worker = new Worker(this.world);
        return;
      case 'freeze':
      case 'cutOff':
        this.zombie = this.worker;
        if (event.kind === 'freeze') this.zombie.freeze();
        this.worker = new Worker(this.world);
        return;
      case 'pause':
        this.pause();
        break;
      case 'bump':
        this.world.bump(event.index);
        break;
    }
    // Nobody can know of what happens between a decision and its delete; what is decided afterwards must take it into account.
    if (!this.worker.busy && this.zombie === null) this.churn(event);
  }

  churn(event: Event): void {
    switch (event.kind) {
      case 'join':
        this.world.join();
        break;
      case 'flip':
        this.world.flip(event.index);
        break;
      case 'taint':
        this.world.taint(event.index);
        break;
      case 'stumble':
        this.world.stumble(event.index, 8_000);
        break;
      case 'sicken':
        this.world.sicken(event.index);
        break;
      case 'byHand':
        this.world.deleteByHand(event.index);
        break;
      case 'maintain':
        this.world.maintain(event.index);
        break;
      case 'hold':
        this.world.hold(event.index);
        break;
      case 'cordon':
        this.world.cordon(event.index);
        break;
      case 'breakNew':
        this.world.breakNew(event.index);
        break;
      case 'leave':
        if (this.world.nodes.length > 1) this.world.leave(event.index);
    }
  }

  /** Last good is live while nobody works; what was in flight comes back on it. */
  pause(): void {
    if (this.world.direction === 'back') return;
    this.zombie = null;
    this.world.live = 'old';
    for (let second = 0; second < 60; second++) this.world.pass(1_000);
    this.world.live = 'new';
    this.worker = new Worker(this.world);
  }

  work(): void {
    if (this.ended) return;
    const verdict = this.worker.work();
    if (verdict === 'done') {
      const eligible = this.world.nodes.filter((node) => !node.tainted);
      if (eligible.length > 0 && eligible.every((node) => !node.ready))
        throw new Broken('it is done without a single node');
      const broken = eligible.filter((node) => this.world.broken(node)).length;
      // Each batch has a budget of its own.
      const allowed = (this.world.setting.bounds.failureBudget ?? 0) * (this.world.batchIndex + 1);
      if (this.world.direction === 'forward' && broken > allowed)
        throw new Broken(`it is done with ${broken} broken nodes`);
      const last = this.world.batchIndex + 1 === this.world.setting.batches.length;
      if (last || this.world.direction === 'back') this.ended = true;
      else this.world.batchIndex += 1;
      this.worker = new Worker(this.world);
    }
    if (verdict === 'failed') {
      if (this.world.direction === 'back') throw new Broken('the rollback failed though every old pod is well');
      this.rollBack();
    }
  }

  rollBack(): void {
    this.world.direction = 'back';
    this.world.live = 'old';
    this.worker = new Worker(this.world);
  }

  /** Everything heals, nothing more happens: the rollout has to end by itself. */
  finish(): void {
    this.zombie = null;
    while (this.worker.busy) this.work();
    if (!this.ended) {
      for (const [position, node] of this.world.nodes.entries()) {
        this.world.maintain(position, false);
        if (!node.ready) this.world.flip(position, true);
      }
    }
    for (let round = 0; round < 3_000 && !this.ended; round++) {
      this.work();
      if (!this.worker.busy) this.world.pass(1_000);
    }
    if (!this.ended) throw new Broken(`nothing moves any more: ${JSON.stringify(this.world.record)}`);
    const back = this.world.direction === 'back';
    for (const node of this.world.nodes) {
      // On the way back a pod that was never replaced may be as ill as it was before.
      if (
        back ||
        node.tainted ||
        !node.ready ||
        this.world.marked(node) ||
        this.world.keeps(node.name) ||
        this.world.broken(node)
      )
        continue;
      const pod = this.world.pods.find((one) => one.node === node.name && one.ready);
      if (pod?.hash !== 'new') throw new Broken(`${node.name} has ${pod?.hash ?? 'no pod'} in the end`);
    }
    const left = this.world.pods.filter((one) => back && one.hash === 'new' && one.terminatingUntilMs === undefined);
    const eligible = left.filter((one) =>
      this.world.nodes.some(
        (node) =>
          node.name === one.node && !node.tainted && node.ready && !this.world.marked(node) && !this.world.held(node),
      ),
    );
    if (eligible.length > 0)
      throw new Broken(`${eligible.map((one) => one.node).join(', ')} keep the release that was left`);
  }
}
