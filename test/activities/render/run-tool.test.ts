import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { isolation } from '../../../activities/render/isolation.ts';
import { createLimiter } from '../../../activities/render/limiter.ts';
import { defaultToolLimits, runTool, type ToolLimits } from '../../../activities/render/run-tool.ts';

const sh = (script: string, limits: Partial<ToolLimits> = {}, signal?: AbortSignal) =>
  runTool({
    file: '/bin/sh',
    args: ['-c', script],
    dir: tmpdir(),
    limits: { ...defaultToolLimits, ...limits },
    signal,
  });

/** Node takes far more addresses than Go does. */
const node = (script: string, limits: Partial<ToolLimits> = {}) => {
  const all = { ...defaultToolLimits, memoryBytes: 40_000_000_000, ...limits };
  return runTool({ file: process.execPath, args: ['-e', script], dir: tmpdir(), limits: all });
};

test('a run sees nothing of the environment of the worker, and finds no other program', async () => {
  process.env.NODEWAVE_TEST_SECRET = 'secret';
  onTestFinished(() => {
    delete process.env.NODEWAVE_TEST_SECRET;
  });
  const { stdout } = await sh('/usr/bin/env');
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  const known = [
    'PATH',
    'HOME',
    'TMPDIR',
    'LC_ALL',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'GOMEMLIMIT',
    'GOMAXPROCS',
    'GOTRACEBACK',
  ];
  // The shell of this test adds its own three.
  expect(names.filter((name) => !['PWD', '_', 'SHLVL'].includes(name ?? '')).sort()).toEqual(known.sort());
  await expect(sh('git --version')).rejects.toMatchObject({
    reason: 'not started',
    stderr: expect.stringContaining('git'),
  });
});

test('a run reaches no network, not even the ports of the worker itself, where the system can take it away', async (context) => {
  if ((await isolation()).length === 0) context.skip('this system does not let an ordinary user make a network');
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const script = `require('net').connect(${port}, '127.0.0.1').on('error', (e) => console.log(e.code))`;
  expect((await node(script)).stdout).toBe('ENETUNREACH\n');
  expect(connections).toBe(0);
});

test('what is written without end is cut off, and what is said beside it keeps its beginning and end', async () => {
  const endless = sh('while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done', { stdoutBytes: 100_000 });
  await expect(endless).rejects.toMatchObject({ reason: 'output' });
  const said = sh(
    'echo first >&2; i=0; while [ $i -lt 5000 ]; do echo middle >&2; i=$((i+1)); done; echo last >&2; exit 3',
  );
  const error = await said.catch((reason: unknown) => reason as { reason: string; stderr: string });
  expect(error).toMatchObject({ reason: 'failed', stderr: expect.stringMatching(/^first\nmiddle.* … .*last\n$/s) });
  expect(error.stderr.length).toBeLessThan(17_000);
});

test('a run that is no longer wanted ends at once', async () => {
  const wanted = new AbortController();
  const run = sh('exec /bin/sleep 60', {}, wanted.signal);
  setTimeout(() => wanted.abort(new Error('stopped')), 50);
  await expect(run).rejects.toThrow('stopped');
  await expect(sh('exit 0', {}, wanted.signal)).rejects.toThrow('stopped');
});

test('a file that cannot be run is the fault of the worker', async () => {
  const run = runTool({ file: '/etc/hostname', args: [], dir: tmpdir(), limits: defaultToolLimits });
  await expect(run).rejects.toMatchObject({ reason: 'not started' });
});

test('two run at once, the third when one of them has ended, in the order in which they came', async () => {
  const inTurn = createLimiter(2);
  const order: string[] = [];
  const gates = ['a', 'b', 'c', 'd'].map((name) => ({ name, ...Promise.withResolvers<void>() }));
  const all = gates.map(({ name, promise }) =>
    inTurn(async () => {
      order.push(name);
      await promise;
      if (name === 'a') throw new Error('a failed');
    }),
  );
  const settled = Promise.allSettled(all);
  await Promise.resolve();
  expect(order).toEqual(['a', 'b']);
  gates[0]?.resolve();
  await all[0]?.catch(() => undefined);
  await Promise.resolve();
  expect(order).toEqual(['a', 'b', 'c']);
  for (const { resolve } of gates) resolve();
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect(order).toEqual(['a', 'b', 'c', 'd']);
});
