import { describe, expect, test, vi } from 'vitest';
import type { ListedRollout } from '../../client/index.ts';
import { applicationStatus, preview, rolloutView, spec } from './fixtures.ts';
import { clientError, invoke } from './harness.ts';

const listed = (cluster: string, running: boolean): ListedRollout => ({
  ref: { cluster, namespace: 'monitoring', name: 'log-agent' },
  running,
  startedMs: 1,
  application: 'agents',
});
const target = ['ds/log-agent', '-n', 'monitoring'];

describe('which cluster is meant', () => {
  test('the only one that has its rollout', async () => {
    const rolloutStatus = vi.fn().mockResolvedValue(rolloutView());
    const { code } = await invoke(['status', ...target], {
      listRollouts: async () => [listed('prod', true)],
      rolloutStatus,
    });
    expect(code).toBe(0);
    expect(rolloutStatus).toHaveBeenCalledWith({ cluster: 'prod', namespace: 'monitoring', name: 'log-agent' });
  });

  test('of two none is guessed, not even when only one runs', async () => {
    const { code, err } = await invoke(['abort', ...target], {
      listRollouts: async () => [listed('prod', false), listed('edge', true)],
    });
    expect(code).toBe(2);
    expect(err).toBe(
      'error: monitoring/log-agent may be meant on several clusters: edge (a rollout runs), prod\n' +
        'Name one, for example: ds/log-agent -n monitoring --cluster edge\n',
    );
  });

  test('a rollout that Temporal does not list yet is found by its application', async () => {
    const rolloutStatus = vi.fn().mockResolvedValue(rolloutView());
    const rollout = { namespace: 'monitoring', name: 'log-agent', workflowId: 'w', commit: 'c' };
    const other = applicationStatus({ spec: { ...spec, destination: { cluster: 'edge', namespace: 'x' } } });
    await invoke(['status', ...target], {
      listRollouts: async () => [],
      listApplications: async () => [
        { name: 'agents', status: applicationStatus({ rollouts: [rollout] }), error: null },
        { name: 'other', status: other, error: null },
      ],
      rolloutStatus,
    });
    expect(rolloutStatus).toHaveBeenCalledWith(expect.objectContaining({ cluster: 'prod' }));
  });

  test('a wrong namespace is answered with the right one', async () => {
    const { code, err } = await invoke(['status', 'ds/log-agent', '-n', 'default', '--cluster', 'prod'], {
      rolloutStatus: async () => {
        throw clientError('notFound');
      },
      listRollouts: async () => [listed('prod', true)],
    });
    expect(code).toBe(1);
    expect(err).toBe(
      'error: there is no rollout of default/log-agent on cluster prod\n' +
        'There is one elsewhere: ds/log-agent -n monitoring --cluster prod\n',
    );
  });
});

describe('approve never approves blindly', () => {
  test('without --plan it shows the current plan and how to name it', async () => {
    const { code, err } = await invoke(['approve', ...target], {
      listRollouts: async () => [listed('prod', true)],
      rolloutStatus: async () => rolloutView(),
    });
    expect(code).toBe(2);
    expect(err).toContain('--plan is missing; the current plan is 0123abcd');
    expect(err).toContain('nodewave approve ds/log-agent -n monitoring --cluster prod --plan 0123abcd');
  });

  test('nothing is offered where nothing runs', async () => {
    const { code, err } = await invoke(['reject', ...target], {
      listRollouts: async () => [listed('prod', false)],
      rolloutStatus: async () => rolloutView({ running: false, sentence: 'Succeeded.', phase: 'succeeded' }),
    });
    expect(code).toBe(2);
    expect(err).toContain('no plan waits: Succeeded.');
    expect(err).not.toContain('--plan 0123abcd');
  });
});

describe('a refusal', () => {
  const client = (kind: 'refused' | 'ended', view = rolloutView()) => ({
    listRollouts: async () => [listed('prod', kind === 'refused')],
    decide: async () => {
      throw clientError(kind, 'The rollout is not paused. Phase: rolling.');
    },
    rolloutStatus: async () => view,
  });
  const ended = rolloutView({
    running: false,
    phase: 'succeeded',
    outcome: 'succeeded',
    sentence: 'Succeeded.',
    accepts: [],
  });

  test('is the sentence of the workflow, with where to look', async () => {
    const { code, err } = await invoke(['resume', ...target], client('refused'));
    expect(code).toBe(1);
    expect(err).toBe(
      'error: The rollout is not paused. Phase: rolling.\n' +
        'What it takes now is shown by "nodewave status ds/log-agent -n monitoring --cluster prod".\n',
    );
  });

  test.each([
    ['rollback', 'nodewave rollback agents --daemonset monitoring/log-agent --reason WHY'],
    ['retry', 'nodewave retry agents --daemonset monitoring/log-agent\n'],
  ])('%s of a rollout that has ended goes to the application', async (message, command) => {
    const { code, err } = await invoke([message, ...target], client('ended', ended));
    expect(code).toBe(1);
    expect(err).toContain('no rollout of monitoring/log-agent runs on cluster prod; the last one: Succeeded.');
    expect(err).toContain(`Send it to the application: ${command}`);
  });

  test('retry of what was rolled back names the release that it needs', async () => {
    const back = { ...ended, outcome: 'rolledBack', phase: 'rolledBack', sentence: 'Rolled back: it crashed' } as const;
    const { err } = await invoke(['retry', ...target], client('ended', back));
    expect(err).toContain('nodewave release-quarantine agents --daemonset monitoring/log-agent');
  });

  test('what only a running rollout takes has nowhere to go', async () => {
    const { code, err } = await invoke(['pause', ...target], client('ended', ended));
    expect(code).toBe(1);
    expect(err).toContain('There is nothing to pause.');
  });

  test('release-quarantine of a DaemonSet names its application', async () => {
    const { code, err } = await invoke(['release-quarantine', ...target], {
      listRollouts: async () => [listed('prod', false)],
    });
    expect(code).toBe(2);
    expect(err).toContain('nodewave release-quarantine agents --daemonset monitoring/log-agent');
  });
});

describe('exit codes', () => {
  test.each([
    ['refused', 1, 2],
    ['notFound', 1, 2],
    ['conflict', 1, 2],
    ['ended', 1, 2],
    ['setup', 2, 2],
    ['unavailable', 3, 3],
    ['noWorker', 3, 3],
    ['timeout', 3, 3],
    ['forbidden', 3, 3],
    ['unexpected', 4, 4],
  ] as const)('%s: %d, and %d where 1 means changes', async (kind, code, ofDiff) => {
    const fails = async () => {
      throw clientError(kind);
    };
    expect((await invoke(['sync', 'a'], { sync: fails })).code).toBe(code);
    expect((await invoke(['diff', 'a'], { preview: fails })).code).toBe(ofDiff);
    expect((await invoke(['plan', 'a', '-o', 'json'], { preview: fails })).json()).toMatchObject({ error: { kind } });
  });

  test('diff: 1 with changes, 0 without', async () => {
    expect((await invoke(['diff', 'a'], { preview: async () => preview() })).code).toBe(1);
    const base = preview();
    const same = { ...base, objects: [], plan: { ...base.plan, daemonSets: [] } };
    expect((await invoke(['diff', 'a'], { preview: async () => same })).code).toBe(0);
  });

  test('a bug is shown as one', async () => {
    const { code, err } = await invoke(['get', 'a']);
    expect(code).toBe(4);
    expect(err).toContain('This is a bug in nodewave');
  });
});

describe('get', () => {
  test('with no application says how to create one, and prints nothing else', async () => {
    const { code, out, err } = await invoke(['get'], { listApplications: async () => [] });
    expect([code, out]).toEqual([0, '']);
    expect(err).toContain('nodewave apply -f FILE');
  });

  test('one that does not answer is listed, explained, and changes the exit code', async () => {
    const entries = [
      { name: 'agents', status: applicationStatus(), error: null },
      { name: 'b', status: null, error: clientError('noWorker', 'nobody polls', 'Start a worker') },
    ];
    const { code, out, err } = await invoke(['get'], { listApplications: async () => entries });
    expect(code).toBe(3);
    expect(out.split('\n')).toHaveLength(4);
    expect(err).toBe('b: nobody polls\nStart a worker\n');
  });
});

describe('apply', () => {
  const document = (name: string, cluster = 'prod') =>
    `apiVersion: nodewave.dev/v1alpha1\nkind: NodeApplication\nmetadata: {name: ${name}}\nspec:\n` +
    `  source: {repo: https://git.example.com/a/b.git}\n  destination: {cluster: ${cluster}}\n`;

  test('reads several documents from standard input', async () => {
    const configure = vi.fn().mockResolvedValue({ accepted: true, message: 'Application created.', phase: 'waiting' });
    const { code, out } = await invoke(
      ['apply', '-f', '-', '--by', 'ann'],
      { configure, listApplicationNames: async () => [] },
      { stdin: `${document('a')}---\n${document('b')}` },
    );
    expect(code).toBe(0);
    expect(configure.mock.calls.map(([{ name }, by]) => [name, by])).toEqual([
      ['a', 'ann'],
      ['b', 'ann'],
    ]);
    expect(out).toBe('application a: Application created.\napplication b: Application created.\n');
  });

  test('one bad document, and nothing is applied', async () => {
    const { code, err } = await invoke(
      ['apply', '-f', '-'],
      {},
      { stdin: `${document('a')}  sinc: {}\n---\n${document('b')}` },
    );
    expect(code).toBe(1);
    expect(err).toBe(
      'error: nothing was applied\n' +
        'standard input:7: spec.sinc: unknown field; did you mean sync?\n' +
        'Correct the lines named above, then apply again.\n',
    );
  });

  test('one application that would be refused, and nothing is applied', async () => {
    const configure = vi.fn();
    const { code, err } = await invoke(
      ['apply', '-f', '-'],
      {
        configure,
        listApplicationNames: async () => [{ name: 'b', repo: null }],
        applicationStatus: async () => applicationStatus({ name: 'b' }),
      },
      { stdin: `${document('a')}---\n${document('b', 'edge')}` },
    );
    expect(code).toBe(1);
    expect(err).toContain('nothing was applied: Application b is on cluster prod and cannot move to edge');
    expect(configure).not.toHaveBeenCalled();
  });

  test('what was applied before something broke is named', async () => {
    const configure = vi
      .fn()
      .mockResolvedValueOnce({ accepted: true, message: 'Application created.', phase: 'waiting' })
      .mockRejectedValueOnce(clientError('unavailable', 'Temporal is away'));
    const { code, err } = await invoke(
      ['apply', '-f', '-'],
      { configure, listApplicationNames: async () => [] },
      { stdin: `${document('a')}---\n${document('b')}` },
    );
    expect(code).toBe(3);
    expect(err).toContain('application b was not applied: Temporal is away');
    expect(err).toContain('Applied before it: a.');
  });
});
