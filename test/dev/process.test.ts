import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify, isRunning } from '../../dev/stack/identity.ts';
import { endProcess, type ManagedProcess, startProcess } from '../../dev/stack/process.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { supervise } from '../../dev/supervise.ts';

let dir: string;
const started: ManagedProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodewave-process-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop(0)));
  rmSync(dir, { recursive: true, force: true });
});

async function shell(script: string): Promise<ManagedProcess> {
  const child = await startProcess({ name: 'sh', command: '/bin/sh', args: ['-c', script], logFile: join(dir, 'log') });
  started.push(child);
  return child;
}

const log = (): string => readFileSync(join(dir, 'log'), 'utf8');
const said = (word: string) =>
  waitFor(() => log().includes(word), { timeoutMs: 5_000, everyMs: 10, what: `"${word}" in the log` });

test('output goes to the log file and the end is told', async () => {
  const child = await shell('echo out; echo err >&2; exit 3');
  expect(await child.ended).toEqual({ code: 3, signal: null });
  expect(log()).toBe('out\nerr\n');
});

test('a command that does not exist is an error with its name', async () => {
  const start = startProcess({ name: 'kwokctl', command: join(dir, 'no'), args: [], logFile: join(dir, 'log') });
  await expect(start).rejects.toThrow(/kwokctl did not start: .*ENOENT/);
});

test('stop asks first', async () => {
  const child = await shell('trap "echo bye; exit 0" TERM; echo up; while true; do sleep 0.02; done');
  await said('up');
  await child.stop();
  expect(await child.ended).toEqual({ code: 0, signal: null });
  expect(log()).toBe('up\nbye\n');
});

test('stop kills what does not listen', async () => {
  const child = await shell('trap "" TERM; echo up; while true; do sleep 0.02; done');
  await said('up');
  await child.stop(200);
  expect((await child.ended).signal).toBe('SIGKILL');
});

test('a pid that now belongs to another process is left alone', async () => {
  const child = await shell('echo up; exec sleep 60');
  await said('up');
  const earlier = { ...child.identity, startedAt: '1' };
  expect(isRunning(earlier)).toBe(false);
  await endProcess(earlier);
  expect(isRunning(child.identity)).toBe(true);
});

test('a zombie does not count as running', async () => {
  // The shell starts a child that ends at once and is never waited for: exec replaces the one who could.
  const child = await shell('sleep 0.01 & echo "pid $!"; exec sleep 60');
  await said('pid ');
  const pid = Number(/pid (\d+)/.exec(log())?.[1]);
  await waitFor(() => identify(pid) === undefined, { timeoutMs: 5_000, what: 'the child to end' });
  expect(() => process.kill(pid, 0)).not.toThrow();
  expect(isRunning(child.identity)).toBe(true);
});

test.each([
  ['an exception', 'setTimeout(() => { throw new Error("boom"); }, 0)'],
  ['process.exit', 'process.exit(0)'],
  [
    'Ctrl-C',
    'process.on("SIGINT", () => process.exit(130)); process.kill(process.pid, "SIGINT"); setInterval(() => {}, 1000)',
  ],
])('children do not outlive a parent that ends by %s', async (_how, end) => {
  const module = join(import.meta.dirname, '..', '..', 'dev', 'stack', 'process.ts');
  const code = `
    const { startProcess } = await import(${JSON.stringify(module)});
    const child = await startProcess({ name: 'sleep', command: 'sleep', args: ['60'], logFile: ${JSON.stringify(join(dir, 'log'))} });
    console.log(child.identity.pid);
    ${end};`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  parent.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => parent.once('close', resolve));
  const pid = Number(output.trim());
  expect(pid).toBeGreaterThan(0);
  await waitFor(() => identify(pid) === undefined, { timeoutMs: 5_000, everyMs: 10, what: 'the child to die' });
});

test('a supervised process is started again after a pause, until it is stopped', async () => {
  const lines: string[] = [];
  const first = await shell('echo first; exit 7');
  const supervised = supervise(
    first,
    () => shell('echo again; exec sleep 60'),
    (line) => lines.push(line),
  );
  await said('again');
  await waitFor(() => lines.length === 3, { timeoutMs: 5_000, what: 'three lines' });
  expect(lines[0]).toContain('sh: ended with exit code 7; starting it again in 1 s');
  expect(lines[1]).toBe('  first');
  await supervised.stop();
  expect(started.every((child) => !isRunning(child.identity))).toBe(true);
});
