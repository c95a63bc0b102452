import { expect } from 'vitest';
import type { ScenarioRollout, Scene } from './scenario.ts';
import { runScenario } from './scenario.ts';
import type { Engine } from './support.ts';

/** Image whose pods are ready when a test says so. */
export const heldImage = 'outage:held';

/** A rollout in one phase, when something that it needs goes away. */
interface InPhase {
  name: string;
  /** What is installed first; `outage:1` without it. */
  installed?: string;
  /** Brings it there. */
  prepare(scene: Scene): Promise<ScenarioRollout>;
  /** What happens as soon as it is away, e.g. a person's approval. */
  meanwhile?(rollout: ScenarioRollout): Promise<void>;
  /** Lets it go on once that is back. */
  afterwards?(scene: Scene, rollout: ScenarioRollout): Promise<void>;
  outcome: string;
  images: Record<string, number>;
}

const approve = async (rollout: ScenarioRollout): Promise<void> => {
  const { planDigest } = await rollout.status();
  await rollout.send('approve', { plan: planDigest });
};

/** Shorter than the outage. */
const patient = { readyWithinMs: 50_000 };

const phases: InPhase[] = [
  {
    name: 'planning',
    prepare: (scene) => scene.rollout('outage:2'),
    outcome: 'succeeded',
    images: { 'outage:2': 6 },
  },
  {
    name: 'a batch',
    prepare: async (scene) => {
      const rollout = await scene.rollout(heldImage, { policy: patient });
      await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
      return rollout;
    },
    outcome: 'succeeded',
    images: { [heldImage]: 6 },
  },
  {
    name: 'a soak',
    prepare: async (scene) => {
      const batches = [{ name: 'all', nodes: '100%' as const, soakMs: 15_000 }];
      const rollout = await scene.rollout('outage:2', { policy: { ...patient, batches } });
      await rollout.reaches('soaking');
      return rollout;
    },
    outcome: 'succeeded',
    images: { 'outage:2': 6 },
  },
  {
    name: 'an approval',
    prepare: async (scene) => {
      const batches = [
        { name: 'two', nodes: 2, soakMs: 0, approval: 'after' as const },
        { name: 'all', nodes: '100%' as const, soakMs: 0 },
      ];
      const rollout = await scene.rollout('outage:2', { policy: { batches } });
      await rollout.reaches('awaitingApprovalAfter');
      return rollout;
    },
    meanwhile: approve,
    outcome: 'succeeded',
    images: { 'outage:2': 6 },
  },
  {
    name: 'a rollback',
    installed: heldImage,
    prepare: async (scene) => {
      const batches = [{ name: 'three', nodes: 3, soakMs: 600_000 }];
      const rollout = await scene.rollout('outage:2', { policy: { batches, readyWithinMs: 600_000 } });
      await rollout.reaches('soaking');
      await rollout.send('rollback');
      await rollout.reaches('rollingBack', ({ progress }) => progress?.inFlight === 2);
      return rollout;
    },
    outcome: 'rolledBack',
    images: { [heldImage]: 6 },
  },
];

/** What is away, and how it comes back. */
export interface Outage {
  /** Takes it away; people's messages can be sent meanwhile or only afterwards. */
  begin(): Promise<void>;
  /** Returns once it is back. */
  end(rollouts: ReadonlyMap<string, ScenarioRollout>): Promise<void>;
  messages: 'meanwhile' | 'afterwards';
}

/** Takes something away while a rollout is in each of the phases at once, and expects every one of them to end right (S34). */
export async function throughOutage(engine: Engine, outage: Outage): Promise<void> {
  const [ready, asked, begun, over] = [gate(), gate(), gate(), gate()];
  const rollouts = new Map<string, ScenarioRollout>();
  const finished: string[] = [];
  const all = phases.map((phase) =>
    runScenario(engine, {}, async (scene) => {
      const { installed = 'outage:1' } = phase;
      await scene.letThrough(await scene.rollout(installed, { mode: 'install' }), installed);
      // A plan is made in a moment: it is asked for as late as can be.
      const early = phase.name === 'planning' ? null : await phase.prepare(scene);
      finished.push(phase.name);
      if (finished.length === phases.length) ready.open();
      if (early === null && outage.messages === 'meanwhile') await begun.opened;
      else await ready.opened;
      const rollout = early ?? (await phase.prepare(scene));
      rollouts.set(phase.name, rollout);
      if (rollouts.size === phases.length) asked.open();
      if (outage.messages === 'meanwhile') {
        await begun.opened;
        await phase.meanwhile?.(rollout);
      }
      await over.opened;
      if (outage.messages === 'afterwards') await phase.meanwhile?.(rollout);
      const result = await scene.letThrough(rollout, heldImage);
      expect([phase.name, result.outcome, result.cause]).toEqual([phase.name, phase.outcome, expect.toSatisfy(isFine)]);
      expect(await scene.images()).toEqual(phase.images);
    }),
  );
  const succeeded = Promise.all(all).then(() => undefined);
  // Whoever waits for all of them learns of it.
  succeeded.catch(() => undefined);
  const conduct = async (): Promise<void> => {
    await Promise.race([ready.opened, succeeded]);
    // Nothing can be asked of a Temporal that is away.
    if (outage.messages === 'afterwards') await Promise.race([asked.opened, succeeded]);
    await outage.begin();
    begun.open();
    await outage.end(rollouts);
    over.open();
  };
  const conducting = conduct();
  try {
    await Promise.all([succeeded, conducting]);
  } finally {
    // What was taken away is back before the test cleans up: else it would come back afterwards, and stay.
    await conducting.catch(() => undefined);
  }
}

/** Nobody is blamed: there is no cause, or a person asked for it. */
const isFine = (cause: unknown): boolean =>
  cause === null || (typeof cause === 'string' && cause.startsWith('asked for'));

function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
