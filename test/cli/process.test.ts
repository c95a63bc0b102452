import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { heartbeat } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../dev/stack/wait.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import { startTemporal, type TestTemporal } from '../support/temporal.ts';
import { commit, progress, spec } from './fixtures.ts';

const script = fileURLToPath(new URL('../../bin/nodewave.mjs', import.meta.url));
let home: string;
let address = '127.0.0.1:9';

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'nodewave-cli-'));
});
afterAll(() => rmSync(home, { recursive: true }));

interface Result {
  code: number | null;
  out: string;
  err: string;
}

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  // An environment of its own: the machine's kubeconfig, temporal.toml and user are none of the test's business.
  const own = { PATH: process.env.PATH ?? '', HOME: home, USER: 'ann', TEMPORAL_ADDRESS: address };
  return spawn(process.execPath, [script, ...args], { env: { ...own, ...env }, stdio: 'pipe' });
}

async function finished(child: ChildProcess): Promise<Result> {
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err] = await Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  return { code: await code, out: out ?? '', err: err ?? '' };
}

async function nodewave(args: readonly string[], options: { stdin?: string; env?: Record<string, string> } = {}) {
  const child = start(args, options.env);
  child.stdin?.end(options.stdin ?? '');
  return await finished(child);
}

const document = (name: string, cluster = 'prod') =>
  `apiVersion: nodewave.dev/v1alpha1\nkind: NodeApplication\nmetadata: {name: ${name}}\nspec:\n` +
  `  source: {repo: https://git.example.com/a/b.git}\n  destination: {cluster: ${cluster}}\n`;

describe('without a server', () => {
  test('it says which address, why, and what to do, with exit code 3', async () => {
    const { code, out, err } = await nodewave(['get']);
    expect(code).toBe(3);
    expect(out).toBe('');
    expect(err.split('\n')).toEqual([
      'error: Temporal at 127.0.0.1:9 cannot be reached: connect ECONNREFUSED 127.0.0.1:9',
      'Check that the server runs and that TEMPORAL_ADDRESS (or the address in temporal.toml) is right.',
      '',
    ]);
  });

  test('-o json has one document on standard output', async () => {
    const { code, out } = await nodewave(['status', 'ds/agent', '-n', 'monitoring', '-o', 'json']);
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ error: { kind: 'unavailable' } });
  });

  test('a bad file is refused before any server is asked', async () => {
    const file = join(home, 'bad.yaml');
    writeFileSync(file, `${document('one')}---\nkind: NodeApplication\nkind: NodeApplication\n`);
    const { code, err } = await nodewave(['apply', '-f', file]);
    expect(code).toBe(1);
    expect(err).toContain('error: nothing was applied');
    expect(err).toMatch(new RegExp(`${file}:9: `));
  });

  test('a setting that would silently do something else is a usage error', async () => {
    const { code, err } = await nodewave(['get'], { env: { TEMPORAL_TLS: 'TRUE' } });
    expect(code).toBe(2);
    expect(err).toContain('TEMPORAL_TLS is "TRUE"');
  });
});

describe('with a server and a worker', () => {
  let temporal: TestTemporal;
  let worker: Worker;
  let running: Promise<void>;
  let endBatch: () => void = () => undefined;

  beforeAll(async () => {
    temporal = await startTemporal();
    address = temporal.config.address;
    worker = await Worker.create({
      connection: temporal.env.nativeConnection,
      namespace: temporal.config.namespace,
      taskQueue: 'nodewave',
      workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
      activities: {
        runBatch: async () => {
          heartbeat({ progress: { ...progress, eligible: 12, done: 7 }, zones: [], deferred: [], outage: null });
          await new Promise<void>((resolve) => {
            endBatch = resolve;
          });
        },
      },
    });
    running = worker.run();
  }, 120_000);

  afterAll(async () => {
    endBatch();
    if (worker?.getState() === 'RUNNING') worker.shutdown();
    await running;
    await temporal?.stop();
  });

  /** Starts a rollout as an application would, and waits until Temporal lists it. */
  async function startRollout(name: string, cluster = 'prod'): Promise<string> {
    const ref = { cluster, namespace: 'monitoring', name };
    const workflowId = rolloutWorkflowId(ref);
    const input = {
      v: 1,
      application: 'agents',
      ref,
      mode: 'update',
      spec,
      sync: {},
      commit,
      subject: '',
      rollout: 1,
      by: 'git',
    };
    const memo = { application: 'agents' };
    const { client } = temporal.env;
    await client.workflow.start('rollout', { workflowId, taskQueue: 'nodewave', args: [input], memo });
    await waitFor(
      async () => {
        for await (const listed of client.workflow.list()) if (listed.workflowId === workflowId) return true;
        return false;
      },
      { timeoutMs: 10_000, what: `${workflowId} in Temporal's list` },
    );
    return workflowId;
  }

  test('apply from standard input, get as a table and as JSON', async () => {
    const applied = await nodewave(['apply', '-f', '-'], { stdin: document('agents') });
    expect(applied).toEqual({ code: 0, out: 'application agents: Application agents created by ann.\n', err: '' });
    const table = await waitFor(
      async () => {
        const got = await nodewave(['get']);
        return got.out !== '' && got;
      },
      { timeoutMs: 20_000, what: 'the application in the list' },
    );
    expect(table.code).toBe(0);
    expect(table.out).toMatch(/^NAME {4}PHASE .*\nagents {2}waiting {2}ab12cd3 {2}ab12cd3 {2}0 {9}\ds\n$/);
    const { out } = await nodewave(['get', 'agents', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      name: 'agents',
      phase: 'waiting',
      spec: { destination: { cluster: 'prod' } },
    });
    expect((await nodewave(['get', 'agents'])).out).toContain(
      'source         https://git.example.com/a/b.git, branch main',
    );
  });

  test('an application that does not exist', async () => {
    const { code, err } = await nodewave(['get', 'nope']);
    expect(code).toBe(1);
    expect(err).toBe(
      'error: there is no application "nope"\n' +
        'List them with "nodewave get", or create it with "nodewave apply -f FILE".\n',
    );
    expect((await nodewave(['diff', 'nope'])).code).toBe(2);
  });

  test('diff, plan and sync exit by what they find', async () => {
    for (const name of ['same-one', 'bad-one']) await nodewave(['apply', '-f', '-'], { stdin: document(name) });
    expect((await nodewave(['diff', 'same-one'])).code).toBe(0);
    const changes = await nodewave(['diff', 'bad-one']);
    expect(changes.code).toBe(1);
    expect(changes.out).toContain('create  ConfigMap  n          c');
    expect((await nodewave(['plan', 'bad-one'])).out).toContain('Other objects: 1 to create');
    expect((await nodewave(['sync', 'same-one', '--wait'])).code).toBe(0);
    const bad = await nodewave(['sync', 'bad-one', '--wait', '-o', 'json']);
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({ outcome: 'rolledBack', cause: 'CrashLoopBackOff on node-1' });
  });

  test('delete says what stays', async () => {
    await nodewave(['apply', '-f', '-'], { stdin: document('leaving') });
    const { code, out } = await nodewave(['delete', 'leaving', '--reason', 'done']);
    expect(code).toBe(0);
    expect(out).toContain('application leaving is deleted; every object that it applied stays on the cluster');
    expect(out).toContain('monitoring/agent runs on');
  });

  test('a rollout from approval to its end, watched', async () => {
    const workflowId = await startRollout('agent');
    const target = ['ds/agent', '-n', 'monitoring'];
    const watch = start(['status', ...target, '--watch']);
    const watched = finished(watch);
    watch.stdin?.end();

    const blind = await nodewave(['approve', ...target]);
    expect(blind.code).toBe(2);
    expect(blind.err).toContain('nodewave approve ds/agent -n monitoring --cluster prod --plan 0123abcd');

    const stale = await nodewave(['approve', ...target, '--plan', 'ffffffff']);
    expect(stale.code).toBe(1);
    expect(stale.err).toContain('error: Plan ffffffff is not the current one: look at plan 0123abcd');

    const wrong = await nodewave(['resume', ...target]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('Accepted now: approve, reject, pause, abort, rollback.');

    const approved = await nodewave(['approve', ...target, '--plan', '0123abcd', '-o', 'json']);
    expect(approved.code).toBe(0);
    expect(JSON.parse(approved.out)).toMatchObject({ accepted: true, by: 'ann', cluster: 'prod', name: 'agent' });

    const live = await waitFor(
      async () => {
        const status = JSON.parse((await nodewave(['status', ...target, '-o', 'json'])).out);
        return status.live !== null && status;
      },
      { timeoutMs: 20_000, what: "the batch's heartbeat in the status" },
    );
    expect(live).toMatchObject({ phase: 'rolling', running: true, live: { progress: { done: 7, eligible: 12 } } });
    expect((await nodewave(['status', ...target])).out).toMatch(/Progress \(reported \d+s ago\): 7\/12 nodes/);

    endBatch();
    const { code, out } = await watched;
    expect(code).toBe(0);
    expect(out).toContain('awaitingApprovalBefore: ');
    expect(out).toContain('nodewave approve ds/agent -n monitoring --cluster prod --plan 0123abcd');
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/Z {2}monitoring\/agent {2}succeeded: Succeeded\.$/);

    await temporal.env.client.workflow.getHandle(workflowId).result();
    const late = await nodewave(['rollback', ...target]);
    expect(late.code).toBe(1);
    expect(late.err).toContain(
      'Send it to the application: nodewave rollback agents --daemonset monitoring/agent --reason WHY',
    );
  }, 120_000);

  test('a rollout that was aborted, and one that was terminated, end a watch with 1', async () => {
    const target = ['ds/sidecar', '-n', 'monitoring'];
    await startRollout('sidecar');
    expect((await nodewave(['abort', ...target, '--reason', 'no', '--by', 'bob'])).code).toBe(0);
    expect((await nodewave(['status', ...target, '--watch'])).code).toBe(1);

    const doomed = temporal.env.client.workflow.getHandle(await startRollout('doomed'));
    await doomed.query('status');
    await doomed.terminate();
    const watched = await nodewave(['status', 'ds/doomed', '-n', 'monitoring', '--watch']);
    expect(watched).toMatchObject({ code: 1, err: '' });
    expect(watched.out).toContain('was ended from outside (TERMINATED)');
  }, 60_000);

  test('the same DaemonSet on two clusters has to be told apart', async () => {
    await startRollout('twin', 'east');
    await startRollout('twin', 'west');
    const { code, err } = await nodewave(['pause', 'ds/twin', '-n', 'monitoring']);
    expect(code).toBe(2);
    expect(err).toContain('may be meant on several clusters: east (a rollout runs), west (a rollout runs)');
    expect((await nodewave(['abort', 'ds/twin', '-n', 'monitoring', '--cluster', 'west'])).code).toBe(0);
  });

  test('a reader that closes the pipe early is no error', async () => {
    const child = start(['get', 'agents']);
    child.stdout?.destroy();
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(0);
  });
});
