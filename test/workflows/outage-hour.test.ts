import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BatchResult } from '../../activities/contract.ts';
import type { RolloutInput } from '../../domain/rollout/input.ts';
import { isEnd } from '../../domain/rollout/phases.ts';
import type { RolloutPolicy } from '../../domain/rollout/policy.ts';
import { RolloutRun } from '../../workflows/rollout/run.ts';
import { takeStep } from '../../workflows/rollout/steps.ts';

const hourMs = 3_600_000;

/** One rollout's surroundings, on a clock of their own: an hour passes at once. */
const world = vi.hoisted(() => ({
  /** The activity that cannot reach the cluster, from its first call on. */
  away: '',
  /** The verdict of the batch that is to fail, if any. */
  batchFails: false,
  awaySinceMs: null as number | null,
  calls: [] as string[],
  wait: (_ms: number) => undefined,
  /** Somebody decides, when the rollout waits for that. */
  decide: () => undefined as undefined,
  answer: (_name: string, _input: unknown): unknown => undefined,
}));

vi.mock('@temporalio/workflow', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  setCurrentDetails: () => undefined,
  upsertSearchAttributes: () => undefined,
  patched: () => true,
  workflowInfo: () => ({ continueAsNewSuggested: false, historyLength: 0, historySize: 0 }),
  proxyActivities: () => ({}),
  CancellationScope: class {
    consideredCancelled = false;
    run = <T>(body: () => Promise<T>): Promise<T> => body();
    cancel = (): void => undefined;
  },
  sleep: async (ms: number) => world.wait(ms),
  condition: async (holds: () => boolean, ms?: number) => {
    if (holds()) return true;
    if (ms === undefined) world.decide();
    else world.wait(ms);
    return holds();
  },
}));

vi.mock('../../workflows/proxies.ts', () => {
  const call = async (name: string, input: unknown): Promise<unknown> => world.answer(name, input);
  const activity = (name: string) =>
    Object.assign((input: unknown) => call(name, input), {
      executeWithOptions: (_options: unknown, [input]: unknown[]) => call(name, input),
    });
  const all = new Proxy({}, { get: (_target, name) => activity(String(name)) });
  return { clusterActivities: () => all, watchActivities: () => all, guardActivities: () => all };
});

vi.mock('../../workflows/diagnosis.ts', () => {
  const diagnose = { executeWithOptions: async () => world.answer('diagnose', undefined) };
  return { diagnosisActivities: () => ({ diagnose }), readingMs: { rollout: 3_000 } };
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  world.wait = (ms) => void vi.setSystemTime(Date.now() + ms);
  world.answer = (name, input) => {
    world.calls.push(name);
    // A request that gets no answer takes its time.
    if (name === world.away) {
      world.awaySinceMs ??= Date.now();
      if (Date.now() - world.awaySinceMs < hourMs) {
        world.wait(10_000);
        const cause = ApplicationFailure.nonRetryable(
          'the API server of cluster local does not answer',
          'Infrastructure',
        );
        throw new ActivityFailure('Activity task failed', name, '1', 'NON_RETRYABLE_FAILURE', 'worker', cause);
      }
    }
    return answers[name]?.(input as { direction?: string });
  };
});

afterEach(() => {
  vi.useRealTimers();
  Object.assign(world, { away: '', batchFails: false, awaySinceMs: null, calls: [] });
});

const census = { eligible: 6, zones: {}, pools: {} };
const policy: RolloutPolicy = {
  batches: [
    { name: 'canary', nodes: 1, soakMs: 60_000, approval: 'after' },
    { name: 'all', nodes: '100%', soakMs: 0 },
  ],
  maxUnavailable: 2,
  readyWithinMs: 60_000,
  maxRestarts: 0,
  onFailure: 'rollback',
  promoteAfter: 'last',
};

function batch(verdict: BatchResult['verdict']): BatchResult {
  const progress = { eligible: 6, done: 1, inFlight: 0, out: 0, deferred: 0, exposed: 0, batchGoal: 1 };
  const finding = { cause: 'CrashLoopBackOff', node: 'n1', pod: 'p', evidence: 'it crashes', nextStep: 'mend it' };
  const findings = verdict === 'failed' ? [finding] : [];
  return { verdict, progress, zones: [], findings, touched: ['n1'], touchedCount: 1, deferred: [] };
}

const answers: Record<string, (input: { direction?: string }) => unknown> = {
  planRollout: () => ({
    digest: 'ab'.repeat(32),
    batches: policy.batches.map(({ name, soakMs, approval }) => ({ name, nodes: '1', goal: 1, soakMs, approval })),
    rules: policy.batches,
    maxUnavailable: 2,
    budget: 2,
    census,
    fromHash: 'old',
    lastGoodCommit: 'a'.repeat(40),
    notes: [],
    policy,
  }),
  openWindow: () => ({ toHash: 'new' }),
  closeWindow: () => ({ liveHash: 'old' }),
  takeCensus: () => census,
  runBatch: ({ direction }) => batch(world.batchFails && direction === 'forward' ? 'failed' : 'done'),
  watchSoak: () => batch('done'),
  promote: () => undefined,
  recordOutcome: () => undefined,
  diagnose: () => ({ diagnoses: [] }),
  // Nobody else has a hand in it.
  waitForEdit: () => new Promise(() => undefined),
};

/** Runs a rollout to its end; whoever it waits for approves. */
async function rollOut(): Promise<{ run: RolloutRun; phases: Set<string> }> {
  const spec = { name: 'app', rollout: policy } as RolloutInput['spec'];
  const sync = { templateDigest: 'd', quarantineKey: 'k' } as RolloutInput['sync'];
  const run = new RolloutRun({
    v: 1,
    application: 'app',
    ref: { cluster: 'local', namespace: 'ns', name: 'agent' },
    mode: 'update',
    spec,
    sync,
    commit: 'b'.repeat(40),
    subject: '',
    renderedDigest: '',
    rollout: 1,
    by: 'git',
  });
  const phases = new Set<string>();
  const wait = world.wait;
  world.wait = (ms) => {
    phases.add(run.state.phase);
    return wait(ms);
  };
  world.decide = () => {
    const approved = [...run.state.approved, `after:${run.state.batch}`];
    run.set({ approved });
    return undefined;
  };
  for (let steps = 0; !isEnd(run.state.phase) && steps < 100; steps++) await takeStep(run);
  return { run, phases };
}

test.each<[string, string, boolean, string]>([
  ['planning', 'planRollout', false, 'succeeded'],
  ['opening the window', 'openWindow', false, 'succeeded'],
  ['a batch', 'runBatch', false, 'succeeded'],
  ['closing the window', 'closeWindow', false, 'succeeded'],
  ['a soak', 'watchSoak', false, 'succeeded'],
  ['an approval', 'takeCensus', false, 'succeeded'],
  ['the promotion', 'promote', false, 'succeeded'],
  ['the way back', 'closeWindow', true, 'rolledBack'],
  ['the end of the way back', 'recordOutcome', true, 'rolledBack'],
])(
  'an API server that is away for an hour during %s: it holds, and then goes on (S34)',
  async (_phase, activity, fails, outcome) => {
    Object.assign(world, { away: activity, batchFails: fails });
    const since = Date.now();
    const { run, phases } = await rollOut();
    expect(run.state.outcome).toBe(outcome);
    expect(run.state.cause ?? '').toBe(fails ? 'CrashLoopBackOff on node n1: it crashes' : '');
    expect(Date.now() - since).toBeGreaterThan(hourMs);
    expect([...phases]).toContain('holding');
    // Waits grow to a minute: an hour costs the history a few hundred events, not thousands.
    expect(world.calls.length).toBeLessThan(80);
  },
);

test('a diagnosis that nobody answers holds nothing up: the nodes go back without it', async () => {
  Object.assign(world, { away: 'diagnose', batchFails: true });
  const since = Date.now();
  const { run, phases } = await rollOut();
  expect(run.state).toMatchObject({ outcome: 'rolledBack', cause: 'CrashLoopBackOff on node n1: it crashes' });
  expect(Date.now() - since).toBeLessThan(60_000);
  expect([...phases]).not.toContain('holding');
});
