import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchResult, RolloutPlan } from '../../activities/contract.ts';
import type { DiagnosisQuestion } from '../../activities/diagnosis/contract.ts';
import { wrapActivities } from '../../activities/failure.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { Explanation, LocatedDiagnosis } from '../../domain/diagnosis/explanation.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { clusterTaskQueue, rolloutWorkflowId, workflowTaskQueue } from '../../domain/ids.ts';
import type { RolloutInput } from '../../domain/rollout/input.ts';
import type { RolloutFinished, RolloutStatus } from '../../domain/wire.ts';
import { ensureWorkflowBundle } from '../../worker/bundle.ts';
import { startTemporal, type TestTemporal } from '../support/temporal.ts';
import { makeSpec } from './application/harness.ts';

const cluster = 'diagnosis';

const found: LocatedDiagnosis = {
  cause: 'Crash',
  what: 'The program ends.',
  evidence: ['exit code 3'],
  confidence: 'medium',
  blame: 'release',
  nextStep: 'Read the log.',
  spread: '1 of 1 updated node',
  pod: 'agent-x7k2p',
  node: 'n1',
};
const answer: Explanation = { sentence: 's', diagnoses: [found], changes: [], gaps: [] };

/** What the diagnosis does, by the name of the rollout. */
const behaviour: Record<string, () => Promise<Explanation>> = {
  answers: async () => answer,
  throws: async () => {
    throw new Error('a bug');
  },
  // Longer than anybody waits, and not for ever: a worker stops only when its activities have ended.
  silent: () => sleep(12_000, answer),
};

/** What the API server answers when the new template is to go live, by the name of the rollout. */
const refusals: Record<string, string> = {
  refused: 'the API server refuses it: DaemonSet.apps "refused" is invalid: spec.template: Required value',
  wrong: 'the path is not in the repository',
};

let temporal: TestTemporal;
let workers: Worker[];
let running: Promise<void>[];
/** What happened, in order, by the name of the rollout. */
const calls: Record<string, string[]> = {};
const questions: DiagnosisQuestion[] = [];

beforeAll(async () => {
  temporal = await startTemporal();
  const codePath = await ensureWorkflowBundle(join(tmpdir(), 'nodewave-test-bundles'));
  const connection = temporal.env.nativeConnection;
  workers = await Promise.all([
    Worker.create({ connection, taskQueue: workflowTaskQueue, workflowBundle: { codePath } }),
    Worker.create({ connection, taskQueue: clusterTaskQueue(cluster), activities: wrapActivities(fakes()) }),
    // A worker from before there were diagnoses.
    Worker.create({ connection, taskQueue: clusterTaskQueue('older'), activities: wrapActivities(older()) }),
  ]);
  running = workers.map((worker) => worker.run());
}, 180_000);

afterAll(async () => {
  for (const worker of workers ?? []) worker.shutdown();
  await Promise.all(running ?? []);
  await temporal?.stop();
});

type Asked = { context: { ref: { name: string } } };

const note = (name: string, what: string): void => {
  calls[name] = [...(calls[name] ?? []), what];
};

function older() {
  const made: Omit<RolloutPlan, 'policy'> = {
    digest: 'ab12cd34ef56',
    rules: [{ name: 'all', nodes: '100%', soakMs: 0 }],
    batches: [{ name: 'all', nodes: '100%', goal: 2, soakMs: 0 }],
    maxUnavailable: 1,
    budget: 1,
    census: { eligible: 2, zones: {}, pools: {} },
    fromHash: 'old',
    lastGoodCommit: 'b'.repeat(40),
    notes: [],
  };
  const progress = { eligible: 2, done: 0, inFlight: 0, out: 1, deferred: 0, exposed: 0, batchGoal: 2 };
  const finding = { cause: 'CrashLoopBackOff', node: 'n1', pod: 'agent-x7k2p', evidence: 'e', nextStep: 'n' };
  return {
    planRollout: async () => made,
    openWindow: async ({ context }: Asked) => {
      const refused = refusals[context.ref.name];
      if (refused !== undefined) throw new NodewaveError('BadInput', refused);
      return { toHash: 'new' };
    },
    closeWindow: async ({ context }: Asked) => {
      note(context.ref.name, 'last good is live');
      return { liveHash: 'old' };
    },
    recordOutcome: async () => undefined,
    runBatch: async ({ context, direction }: Asked & { direction: string }): Promise<BatchResult> => {
      note(context.ref.name, direction);
      const failed = direction === 'forward';
      const common = { progress, zones: [], touched: ['n1'], touchedCount: 1, deferred: [] };
      return { ...common, verdict: failed ? 'failed' : 'done', findings: failed ? [finding] : [] };
    },
  };
}

const fakes = () => ({
  ...older(),
  // Nobody edits anything; it ends with the worker.
  waitForEdit: async () => await Context.current().cancelled,
  diagnose: async (question: DiagnosisQuestion): Promise<Explanation> => {
    questions.push(question);
    note(question.ref.name, 'diagnosis');
    return (await behaviour[question.ref.name]?.()) ?? answer;
  },
});

async function roll(name: string, on = cluster): Promise<{ finished: RolloutFinished; status: RolloutStatus }> {
  const handle = await begin(name, on);
  const finished = (await handle.result()) as RolloutFinished;
  return { finished, status: await handle.query<RolloutStatus>('status') };
}

async function begin(name: string, on = cluster): Promise<WorkflowHandle> {
  const ref = { cluster: on, namespace: 'monitoring', name };
  const input: RolloutInput = {
    v: 1,
    application: name,
    ref,
    mode: 'update',
    spec: makeSpec(name),
    sync: {
      namespace: ref.namespace,
      name,
      verdict: 'rollout',
      adopt: false,
      templateDigest: 't',
      quarantineKey: 'k',
      maxUnavailable: null,
    },
    commit: 'c'.repeat(40),
    subject: 'Ship it',
    renderedDigest: 'r',
    rollout: 1,
    by: 'git',
  };
  const { workflow } = temporal.env.client;
  const options = { taskQueue: workflowTaskQueue, workflowId: rolloutWorkflowId(ref), args: [input] };
  return await workflow.start('rollout', options);
}

test('a red gate is diagnosed before the pods are replaced, and the rollout keeps what was found', async () => {
  const { finished, status } = await roll('answers');
  expect(finished.outcome).toBe('rolledBack');
  expect(calls.answers).toEqual(['forward', 'diagnosis', 'last good is live', 'back']);
  expect(status.diagnoses).toEqual([found]);
  const { cause, what, confidence, blame, nextStep } = found;
  expect(finished.diagnosis).toEqual({ cause, what, confidence, blame, nextStep });
  expect(questions.find(({ ref }) => ref.name === 'answers')).toMatchObject({
    application: 'answers',
    toHash: 'new',
    findings: [{ cause: 'CrashLoopBackOff', pod: 'agent-x7k2p' }],
    sinceMs: 1,
  });
});

test.each([
  ['throws', cluster, ['forward', 'diagnosis', 'last good is live', 'back']],
  ['nobody-knows', 'older', ['forward', 'last good is live', 'back']],
])('a diagnosis that %s changes nothing: tried once, then the rollout goes back', async (name, on, expected) => {
  const { finished, status } = await roll(name, on);
  expect(finished.outcome).toBe('rolledBack');
  expect(calls[name]).toEqual(expected);
  expect(status.diagnoses).toBeUndefined();
  expect(finished).not.toHaveProperty('diagnosis');
});

test('a diagnosis that does not come is waited for some seconds and no longer', async () => {
  const { finished, status } = await roll('silent');
  expect(finished.outcome).toBe('rolledBack');
  expect(calls.silent).toEqual(['forward', 'diagnosis', 'last good is live', 'back']);
  expect(status.diagnoses).toBeUndefined();
});

test('what the API server refused is diagnosed, and the stopped rollout keeps why; other errors have no such evidence', async () => {
  const [refused, wrong] = await Promise.all([begin('refused'), begin('wrong')]);
  const stopped = async (handle: WorkflowHandle): Promise<RolloutStatus> =>
    await waitFor(
      async () => {
        const status = await handle.query<RolloutStatus>('status');
        return status.phase === 'stopped' ? status : undefined;
      },
      { timeoutMs: 20_000, what: 'the rollout to stop' },
    );
  expect((await stopped(refused)).diagnoses).toEqual([found]);
  expect(questions.find(({ ref }) => ref.name === 'refused')).toMatchObject({ refusals: [refusals.refused] });
  expect((await stopped(wrong)).diagnoses).toBeUndefined();
  expect(calls.wrong).toBeUndefined();
});
