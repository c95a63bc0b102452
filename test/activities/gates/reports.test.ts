import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerReports } from '../../../activities/gates/answer-reports.ts';
import { applicationReports } from '../../../activities/temporal/reports.ts';
import { applicationWorkflowId, workflowTaskQueue } from '../../../domain/ids.ts';
import { type Relay, startRelay } from '../../e2e/relay.ts';
import { startTemporal, type TestTemporal } from '../../support/temporal.ts';

const commit = 'a'.repeat(40);
const request = { form: 'reports' as const, commit, checks: ['e2e-tests'] };
let temporal: TestTemporal;
let relay: Relay;
let connection: Connection;

beforeAll(async () => {
  temporal = await startTemporal();
  relay = await startRelay(temporal.config.address);
  connection = await Connection.connect({ address: relay.address });
  await temporal.env.client.workflow.start('application', {
    workflowId: applicationWorkflowId('agents'),
    taskQueue: workflowTaskQueue,
    args: [{ v: 1, name: 'agents', spec: null }],
  });
}, 120_000);

afterAll(async () => {
  await connection?.close();
  await relay?.stop();
  await temporal?.stop();
});

const ask = (application: string, signal = new AbortController().signal) =>
  answerReports(request, { application, signal }, applicationReports(new Client({ connection })));

test.each([
  ['unknown', 'application "unknown", which keeps the reports, does not exist in Temporal'],
  [
    'agents',
    'application "agents", which keeps the reports, did not answer within 10 s: Temporal is away, or no worker runs, or it is busy',
  ],
])(
  'nobody answers for application %s: a problem in a sentence, so an error that holds',
  async (name, sentence) => {
    expect(await ask(name)).toEqual({ form: 'problem', problem: sentence, unanswered: true });
  },
  30_000,
);

test('a soak that ends does not wait for the answer, and says why it ended', async () => {
  const stopping = new AbortController();
  const beganMs = performance.now();
  const asked = ask('agents', stopping.signal);
  stopping.abort(new Error('the gates are not asked any more'));
  await expect(asked).rejects.toThrow('the gates are not asked any more');
  expect(performance.now() - beganMs).toBeLessThan(5_000);
});

test('only the checks that were asked for are answered', async () => {
  const report = { commit, check: 'e2e-tests', outcome: 'passed' as const, by: 'ann', atMs: 1 };
  const scope = { application: 'agents', signal: new AbortController().signal };
  const answer = await answerReports(request, scope, async () => [{ ...report, check: 'load' }, report]);
  expect(answer).toEqual({ form: 'reports', reports: [report] });
});

test('Temporal is away: a problem that says so', async () => {
  relay.cut();
  const answer = await ask('agents');
  expect(answer).toMatchObject({ form: 'problem', unanswered: true });
  expect('problem' in answer && answer.problem).toMatch(/application "agents"/);
}, 30_000);
