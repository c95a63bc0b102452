import { describe, expect, test, vi } from 'vitest';
import type { ApplicationEntry, NodewaveClient } from '../../client/index.ts';
import type { ApplicationStatus } from '../../domain/wire.ts';
import { applicationStatus, spec } from './fixtures.ts';
import { clientError, invoke } from './harness.ts';

const accepted = { accepted: true, message: 'Paused: nothing is deleted.', phase: 'paused' } as const;
const who = { by: 'ann', reason: 'why' };
const given = ['--by', 'ann', '--reason', 'why'];

describe('pause and resume of an application', () => {
  test.each(['pause', 'resume'] as const)('%s is sent to it', async (verb) => {
    const pauseApplication = vi.fn().mockResolvedValue(accepted);
    const { code, out } = await invoke([verb, 'agents', ...given], { pauseApplication });
    expect(code).toBe(0);
    expect(pauseApplication).toHaveBeenCalledWith('agents', verb, who);
    expect(out).toContain('application agents: Paused: nothing is deleted.');
    expect(out).toContain('nodewave get agents');
  });

  test.each([
    [['pause'], 'nothing is named to pause', 'nodewave pause --all'],
    [['pause', 'agents'], 'pausing an application needs --reason', 'nodewave pause agents --reason WHY'],
    [['pause', '--all'], 'pausing an application needs --reason', 'nodewave pause --all --reason WHY'],
    [['pause', 'agents', '--all', '--reason', 'x'], '--all stands alone', 'nodewave pause ds/NAME'],
    [['pause', 'agents', '--mode', 'now', '--reason', 'x'], '--mode goes with ds/NAME', 'Leave out --mode'],
    [['resume'], 'nothing is named to resume', 'nodewave resume --all'],
    [['sync', 'agents', '--expedite'], '--expedite needs --reason', 'nodewave sync agents --expedite --reason WHY'],
  ])('%j is a usage error with a cure', async (args, what, cure) => {
    const { code, err } = await invoke(args);
    expect(code).toBe(2);
    expect(err).toContain(what);
    expect(err).toContain(cure);
  });

  test('the page of a paused application says who and why', async () => {
    const paused = { by: 'ann', reason: 'incident 4711', atMs: Date.UTC(2026, 0, 31, 11, 58, 0) };
    const status = applicationStatus({ phase: 'paused', paused, rollouts: [] });
    const { out } = await invoke(['get', status.name], { applicationStatus: async () => status });
    expect(out).toMatch(/paused +by ann, 2m ago: incident 4711/);
  });
});

/** Applications by name, each with its cluster; telling one pauses it. */
function fleet(clusters: Record<string, string>, also: (round: number) => Record<string, string> = () => ({})) {
  const paused = new Set<string>();
  let round = 0;
  const entry = ([name, cluster]: [string, string]): ApplicationEntry => {
    const atMs = 1;
    const change: Partial<ApplicationStatus> = {
      name,
      spec: { ...spec, destination: { ...spec.destination, cluster } },
      paused: paused.has(name) ? { ...who, atMs } : null,
    };
    return { name, status: applicationStatus(change), error: null };
  };
  const pauseApplication = vi.fn<NodewaveClient['pauseApplication']>(async (name, verb) => {
    if (verb === 'pause') paused.add(name);
    else paused.delete(name);
    return accepted;
  });
  const listApplications = async () => {
    round += 1;
    return Object.entries({ ...clusters, ...also(round) }).map(entry);
  };
  return { pauseApplication, listApplications, paused };
}

describe('--all', () => {
  test('tells every application, one of each cluster with its brake, and lists again until none is left', async () => {
    const late = (round: number): Record<string, string> => (round > 1 ? { late: 'prod' } : {});
    const { pauseApplication, listApplications } = fleet({ a: 'prod', b: 'prod', c: 'edge' }, late);
    const { code, json } = await invoke(['pause', '--all', ...given, '-o', 'json'], {
      pauseApplication,
      listApplications,
    });
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      paused: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'late' }],
      clusters: ['edge', 'prod'],
    });
    expect(pauseApplication.mock.calls).toEqual([
      ['a', 'pause', { ...who, brake: true }],
      ['b', 'pause', who],
      ['c', 'pause', { ...who, brake: true }],
      ['late', 'pause', who],
    ]);
  });

  test('one that does not answer is named, hides no other, and makes the command fail', async () => {
    const { pauseApplication, listApplications } = fleet({ a: 'prod', b: 'prod' });
    const deaf = vi.fn<NodewaveClient['pauseApplication']>(async (name, verb, request) => {
      if (name === 'a') throw clientError('timeout', 'a did not answer');
      return await pauseApplication(name, verb, request);
    });
    const { code, out } = await invoke(['pause', '--all', ...given], { pauseApplication: deaf, listApplications });
    expect(code).toBe(3);
    expect(out).toContain('application a: not paused: a did not answer');
    expect(out).toContain('application b: Paused');
  });

  test('resume tells those that are paused, and one of each other cluster, whose brake may still be on', async () => {
    const all = fleet({ a: 'prod', b: 'prod', c: 'edge', d: 'edge' });
    all.paused.add('b');
    const { code, out } = await invoke(['resume', '--all', ...given], all);
    expect(code).toBe(0);
    expect(out).not.toContain('application a:');
    expect(all.pauseApplication.mock.calls).toEqual([
      ['b', 'resume', { ...who, brake: true }],
      ['c', 'resume', { ...who, brake: true }],
    ]);
  });
});
