import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RolloutPolicy } from '../../../domain/rollout/policy.ts';
import { decideStep } from '../../../domain/rollout/step.ts';
import { batch, policyOf } from './build.ts';
import { Drama, type Event, event, index, setting } from './drama.ts';
import { World } from './simulator.ts';

function simulate(decide: typeof decideStep, runs: number, endOnFailure = false): void {
  fc.assert(
    fc.property(setting, fc.array(event, { maxLength: 60, size: 'max' }), (chosen, events) => {
      const drama = new Drama(new World({ ...chosen, decide }));
      for (const one of events) drama.play(one);
      drama.finish();
    }),
    { seed: 20_260_101, numRuns: runs, endOnFailure },
  );
}

describe('a rollout survives whatever happens to nodes, pods and workers', () => {
  test('budget, one delete per pod, only granted and eligible nodes, and it always ends (S9, S10, S13, S14, S17)', () => {
    simulate(decideStep, 500);
  });

  test('two workers that overlap share one budget', () => {
    overlap(decideStep);
  });

  test('a batch is done with as many broken nodes as its failure budget says, and no more', () => {
    breakage(decideStep);
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
      const world = new World({ nodes, maxUnavailable: 1, batches: [batch('100%')], seed: 1, bounds: {}, decide });
      const drama = new Drama(world);
      for (const one of script(tainted, bumped)) drama.play(one);
      drama.finish();
    }),
    { seed: 20_260_103, numRuns: 100 },
  );
}

/** The new template breaks on nodes here and there, one of which may be. */
function breakage(decide: typeof decideStep): void {
  const happens = fc.oneof(
    fc.record({ kind: fc.constant('work' as const), calls: fc.constant(4) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.constant(12_000) }),
    fc.record({ kind: fc.constant('breakNew' as const), index }),
  );
  fc.assert(
    fc.property(fc.array(happens, { minLength: 20, maxLength: 60, size: 'max' }), fc.nat(), (events, seed) => {
      const given = { nodes: 6, maxUnavailable: 3, batches: [batch(3), batch('100%')], bounds: { failureBudget: 1 } };
      const drama = new Drama(new World({ ...given, seed, decide }));
      for (const one of events) drama.play(one);
      drama.finish();
    }),
    { seed: 20_260_107, numRuns: 200 },
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

  type Given = Parameters<typeof decideStep>;
  const withPolicy = (rules: Given[0], change: Partial<RolloutPolicy>): Given[0] => ({
    ...rules,
    policy: { ...policyOf({}), ...rules.policy, ...change },
  });
  const without = (view: Given[1], change: object): Given[1] => ({
    ...view,
    nodes: view.nodes.map((node) => ({ ...node, ...change })),
  });
  test.each<[string, (rules: Given[0], view: Given[1]) => Given, RegExp]>([
    [
      'a window per label value that is too large by one',
      (rules, view) => {
        const per = (rules.policy?.maxUnavailablePer ?? []).map(({ key, max }) => ({ key, max: Number(max) + 1 }));
        return [withPolicy(rules, { maxUnavailablePer: per }), view];
      },
      /of its zone/,
    ],
    [
      'a rate that is too high by one',
      (rules, view) => [withPolicy(rules, { podsPerMinute: (rules.policy?.podsPerMinute ?? 98) + 1 }), view],
      /within a minute/,
    ],
    [
      'a ramp that is too steep by one',
      (rules, view) => [withPolicy(rules, { ramp: { startWith: (rules.policy?.ramp?.startWith ?? 98) + 1 } }), view],
      /on its way/,
    ],
    ['holds that nobody obeys', (rules, view) => [rules, without(view, { labels: {} })], /with a hold/],
    [
      'maintenance that nobody sees',
      (rules, view) => [rules, without(view, { annotations: {} })],
      /under maintenance|set aside/,
    ],
    [
      'cordons that nobody sees',
      (rules, view) => [rules, without(view, { unschedulable: false })],
      /on a cordoned node/,
    ],
    ['an exclusion that is forgotten', (rules, view) => [withPolicy(rules, { exclude: {} }), view], /excluded node/],
    [
      'any number of nodes set aside',
      (rules, view) => [withPolicy(rules, { maxDeferred: '100%' }), view],
      /are set aside/,
    ],
  ])('%s', (_name, change, expected) => {
    const mutant: typeof decideStep = (rules, view) => decideStep(...change(rules, view));
    expect(complaint(() => simulate(mutant, 2_000, true))).toMatch(expected);
  });

  test('a failure budget that is too large by one', () => {
    const mutant: typeof decideStep = (rules, view) => decideStep(withPolicy(rules, { failureBudget: 2 }), view);
    expect(complaint(() => breakage(mutant))).toMatch(/done with \d broken nodes/);
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
