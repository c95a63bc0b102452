import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { decideStep } from '../../../domain/rollout/step.ts';
import { batch } from './build.ts';
import { Broken, type Setting, Worker, World } from './simulator.ts';

type Event =
  | { kind: 'work'; calls: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'crash' | 'freeze' | 'cutOff' | 'pause' | 'join' }
  | { kind: 'zombie'; calls: number }
  | { kind: 'flip' | 'taint' | 'stumble' | 'byHand' | 'leave' | 'sicken' | 'bump'; index: number };

const index = fc.nat({ max: 30 });
const event: fc.Arbitrary<Event> = fc.oneof(
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
      ),
      index,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('bump' as const), index }) },
);

const setting: fc.Arbitrary<Omit<Setting, 'decide'>> = fc.record({
  nodes: fc.integer({ min: 1, max: 14 }),
  maxUnavailable: fc.constantFrom(1, 2, 3, '10%' as const, '34%' as const, '100%' as const),
  batches: fc.constantFrom(
    [batch('100%')],
    [batch(1), batch('100%')],
    [batch(1, { per: 'topology.kubernetes.io/zone' }), batch('50%'), batch('100%')],
    [batch(2), batch(3), batch('100%')],
  ),
  seed: fc.nat({ max: 2 ** 31 }),
});

/** One rollout with whatever happens to it; ends when nothing happens any more. */
class Drama {
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
      for (const [position, node] of this.world.nodes.entries()) if (!node.ready) this.world.flip(position, true);
    }
    for (let round = 0; round < 3_000 && !this.ended; round++) {
      this.work();
      if (!this.worker.busy) this.world.pass(1_000);
    }
    if (!this.ended) throw new Broken(`nothing moves any more: ${JSON.stringify(this.world.record)}`);
    const back = this.world.direction === 'back';
    for (const node of this.world.nodes) {
      // On the way back a pod that was never replaced may be as ill as it was before.
      if (back || node.tainted || !node.ready) continue;
      const pod = this.world.pods.find((one) => one.node === node.name && one.ready);
      if (pod?.hash !== 'new') throw new Broken(`${node.name} has ${pod?.hash ?? 'no pod'} in the end`);
    }
    const left = this.world.pods.filter((one) => back && one.hash === 'new' && one.terminatingUntilMs === undefined);
    const eligible = left.filter((one) =>
      this.world.nodes.some((node) => node.name === one.node && !node.tainted && node.ready),
    );
    if (eligible.length > 0)
      throw new Broken(`${eligible.map((one) => one.node).join(', ')} keep the release that was left`);
  }
}

function simulate(decide: typeof decideStep, runs: number): void {
  fc.assert(
    fc.property(setting, fc.array(event, { maxLength: 60, size: 'max' }), (chosen, events) => {
      const drama = new Drama(new World({ ...chosen, decide }));
      for (const one of events) drama.play(one);
      drama.finish();
    }),
    { seed: 20_260_101, numRuns: runs },
  );
}

describe('a rollout survives whatever happens to nodes, pods and workers', () => {
  test('budget, one delete per pod, only granted and eligible nodes, and it always ends (S9, S10, S13, S14, S17)', () => {
    simulate(decideStep, 500);
  });

  test('two workers that overlap share one budget', () => {
    overlap(decideStep);
  });

  test('a release that crashes late, on every node it reached, is rolled back within the budget (S38, S39)', () => {
    const calls = fc.array(event, { maxLength: 30, size: 'max' });
    fc.assert(
      fc.property(setting, calls, calls, (chosen, before, after) => {
        const drama = new Drama(new World({ ...chosen, decide: decideStep }));
        for (const one of before) drama.play(one);
        const { world } = drama;
        if (drama.ended || world.direction === 'back') return;
        world.crash('new');
        drama.rollBack();
        const untouched = world.pods.filter(
          (pod) =>
            pod.hash === 'old' &&
            pod.ready &&
            pod.terminatingUntilMs === undefined &&
            !world.nodes.some((node) => node.name === pod.node && world.wasTaken(node)),
        );
        for (const one of after)
          if (['work', 'pass', 'crash', 'freeze', 'cutOff', 'zombie'].includes(one.kind)) drama.play(one);
        drama.finish();
        expect(untouched.filter((pod) => world.removed.has(pod.uid))).toEqual([]);
      }),
      { seed: 20_260_102, numRuns: 500 },
    );
  });
});

/**
 * The narrowest overlap of two workers: one is cut off after it wrote a grant and still wants to act on it, the other fails to
 * delete that pod because it changed, and goes on with a node that comes first in the order and was not eligible before.
 */
function overlap(decide: typeof decideStep): void {
  const script = (tainted: number, bumped: number): Event[] => [
    { kind: 'taint', index: tainted },
    { kind: 'work', calls: 2 },
    { kind: 'taint', index: tainted },
    { kind: 'cutOff' },
    { kind: 'work', calls: 1 },
    { kind: 'bump', index: bumped },
    { kind: 'zombie', calls: 1 },
    { kind: 'work', calls: 4 },
    { kind: 'zombie', calls: 1 },
  ];
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), index, index, (nodes, tainted, bumped) => {
      const world = new World({ nodes, maxUnavailable: 1, batches: [batch('100%')], seed: 1, decide });
      const drama = new Drama(world);
      for (const one of script(tainted, bumped)) drama.play(one);
      drama.finish();
    }),
    { seed: 20_260_103, numRuns: 100 },
  );
}

/** What the simulation found wrong. */
function complaint(run: () => void): string {
  try {
    run();
  } catch (error) {
    return error instanceof Error && error.cause instanceof Error ? error.cause.message : `${error}`;
  }
  return 'nothing';
}

describe('the simulation notices', () => {
  afterEach(() => {
    vi.doUnmock('../../../domain/rollout/node-facts.ts');
    vi.doUnmock('../../../domain/rollout/budget.ts');
    vi.resetModules();
  });

  test('a budget that is too large by one', () => {
    const mutant: typeof decideStep = (rules, view) => {
      const count = typeof rules.maxUnavailable === 'number' ? rules.maxUnavailable : 99;
      return decideStep({ ...rules, maxUnavailable: count + 1 }, view);
    };
    expect(complaint(() => simulate(mutant, 400))).toMatch(/were out when/);
  });

  test('granted nodes that are not counted as out', async () => {
    const real = await vi.importActual<typeof import('../../../domain/rollout/node-facts.ts')>(
      '../../../domain/rollout/node-facts.ts',
    );
    vi.doMock('../../../domain/rollout/node-facts.ts', () => ({
      nodeFacts: (...given: Parameters<typeof real.nodeFacts>) =>
        real.nodeFacts(...given).map((fact) => ({ ...fact, out: !fact.deferred && !fact.available })),
    }));
    const { decideStep: mutant } = await import('../../../domain/rollout/step.ts');
    expect(complaint(() => overlap(mutant))).toMatch(/were out when/);
  });
});
