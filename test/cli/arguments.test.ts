import { describe, expect, test, vi } from 'vitest';
import { parseApplication, parseDaemonSet, parseTarget } from '../../cli/target.ts';
import { invoke } from './harness.ts';

const accepted = { accepted: true, message: 'Done', phase: 'rolling' } as const;

describe('a DaemonSet is named', () => {
  test.each([
    ['ds/agent', { namespace: 'n' }, { namespace: 'n', name: 'agent' }],
    ['daemonset/agent', { namespace: 'n', cluster: 'c' }, { namespace: 'n', name: 'agent', cluster: 'c' }],
    ['DS/agent', { namespace: 'n' }, { namespace: 'n', name: 'agent' }],
  ])('%s %j', (text, place, expected) => {
    expect(parseDaemonSet(text, place)).toEqual(expected);
  });

  test.each([
    ['agent', { namespace: 'n' }, 'Write ds/agent -n NAMESPACE.'],
    ['ds/agent', {}, 'Add it: ds/agent -n NAMESPACE.'],
    ['ds/', { namespace: 'n' }, 'Write ds/NAME -n NAMESPACE.'],
    ['ds/a/b', { namespace: 'n' }, 'Write ds/NAME -n NAMESPACE.'],
    ['deploy/agent', { namespace: 'n' }, 'Write ds/NAME -n NAMESPACE.'],
    ['deamonset/agent', { namespace: 'n' }, 'Write daemonset/agent -n NAMESPACE.'],
  ])('not as %s %j', (text, place, cure) => {
    expect(() => parseDaemonSet(text, place)).toThrow(expect.objectContaining({ kind: 'usage', cure }));
  });
});

test('a target is a DaemonSet or an application, and options of the one are refused with the other', () => {
  expect(parseTarget('agents', {})).toEqual({ kind: 'application', name: 'agents' });
  expect(parseTarget('app/agents', {})).toEqual({ kind: 'application', name: 'agents' });
  expect(parseTarget('ds/x', { namespace: 'n' })).toMatchObject({ kind: 'daemonset' });
  expect(() => parseTarget('agents', { namespace: 'n' })).toThrow('takes no -n');
  expect(() => parseTarget('agents', { cluster: 'c' })).toThrow('takes no --cluster');
  expect(() => parseApplication('ds/x')).toThrow('is not the name of an application');
});

describe('the command line itself', () => {
  test.each([
    [['gte'], "unknown command 'gte'", 'Did you mean get?'],
    [['pause', 'ds/x', '-n', 'y', '--mod', 'now'], "unknown option '--mod'", 'Did you mean --mode?'],
    [['pause', 'ds/x', '-n', 'y', '--mode', 'soon'], 'Allowed choices are now, afterBatch', '--help'],
    [['get', '-o', 'yaml'], 'Allowed choices are json, text', '--help'],
    [['sync', 'a', '--wait', '--timeout', '5'], 'Expected a duration such as 90s', '--help'],
    [['sync', 'a', '--timeout', '5m'], '--timeout has no meaning without --wait', 'Add --wait'],
    [['approve'], "missing required argument 'ds/name'", '--help'],
    [['apply'], "required option '-f, --filename <file>' not specified", '--help'],
    [['rollback', 'agents'], 'a rollback after success needs --reason', 'nodewave rollback agents --reason WHY'],
    [['retry', 'agents', '--ignore-gate'], 'an application has none', 'nodewave retry ds/NAME -n NAMESPACE'],
    [['retry', 'ds/x', '-n', 'y', '--daemonset', 'x'], '--daemonset goes with an application', 'Leave out one'],
    [['apply', '-f', '/nope.yaml'], '/nope.yaml does not exist', 'Check the path'],
  ])('%j is a usage error with a cure', async (args, what, cure) => {
    const { code, out, err } = await invoke(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(what);
    expect(err).toContain(cure);
  });

  test('with -o json a usage error is a JSON document as well', async () => {
    const { code, json } = await invoke(['get', '--foo', '-o', 'json']);
    expect(code).toBe(2);
    expect(json()).toMatchObject({ error: { kind: 'usage', message: "unknown option '--foo'" } });
  });

  test('help lists every command and the exit codes, and asks no server', async () => {
    const { code, out } = await invoke(['--help']);
    expect(code).toBe(0);
    for (const name of [
      'apply',
      'get',
      'diff',
      'plan',
      'sync',
      'report',
      'status',
      'approve',
      'reject',
      'pause',
      'resume',
      'abort',
      'rollback',
      'retry',
      'release-quarantine',
      'delete',
      'version',
      'dev',
    ]) {
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
      const help = await invoke([name, '--help']);
      expect(help.out).toMatch(new RegExp(`Examples?:\n  (.*\\| )?nodewave ${name}`));
      expect(help.out).toContain('-o, --output');
    }
    expect(out).toContain('Exit codes');
  });

  test('version needs no server', async () => {
    expect((await invoke(['version'])).out).toMatch(/^nodewave \d+\.\d+\.\d+\n$/);
    expect((await invoke(['version', '-o', 'json'])).json()).toHaveProperty('version');
  });
});

describe('each decision is sent as it was written', () => {
  const ref = { cluster: 'prod', namespace: 'monitoring', name: 'agent' };
  const place = ['-n', 'monitoring', '--cluster', 'prod', '--by', 'ann', '--reason', 'why'];
  const who = { by: 'ann', reason: 'why' };

  test.each([
    ['approve', ['--plan', '0123abcd'], { ...who, plan: '0123abcd' }],
    ['reject', ['--plan', '0123abcd'], { ...who, plan: '0123abcd' }],
    ['pause', [], { ...who, mode: 'now' }],
    ['pause', ['--mode', 'afterBatch'], { ...who, mode: 'afterBatch' }],
    ['resume', [], who],
    ['abort', [], who],
    ['rollback', [], who],
    ['retry', [], who],
    ['retry', ['--ignore-gate'], { ...who, ignoreGate: true }],
  ])('%s %j', async (message, options, decision) => {
    const decide = vi.fn().mockResolvedValue(accepted);
    const { code, out } = await invoke([message, 'ds/agent', ...place, ...options], { decide });
    expect(decide).toHaveBeenCalledWith(ref, message, decision);
    expect(code).toBe(0);
    expect(out).toContain('monitoring/agent on cluster prod: Done\n');
    expect(out).toContain('nodewave status ds/agent -n monitoring --cluster prod --watch');
  });

  test('to an application where no rollout runs', async () => {
    const decideApplication = vi.fn().mockResolvedValue(accepted);
    const options = ['--daemonset', 'monitoring/agent', '--by', 'ann', '--reason', 'why'];
    const { code } = await invoke(['rollback', 'agents', ...options], { decideApplication });
    expect(code).toBe(0);
    expect(decideApplication).toHaveBeenCalledWith('agents', 'rollback', { ...who, daemonset: 'monitoring/agent' });
    await invoke(['retry', 'agents', '--by', 'ann'], { decideApplication });
    expect(decideApplication).toHaveBeenLastCalledWith('agents', 'retry', { by: 'ann' });
  });

  test('a quarantine is released by the application', async () => {
    const releaseQuarantine = vi.fn().mockResolvedValue(accepted);
    const { code, json } = await invoke(['release-quarantine', 'agents', '--by', 'ann', '-o', 'json'], {
      releaseQuarantine,
    });
    expect(code).toBe(0);
    expect(releaseQuarantine).toHaveBeenCalledWith('agents', { by: 'ann' });
    expect(json()).toMatchObject({ accepted: true, application: 'agents', by: 'ann' });
  });
});
