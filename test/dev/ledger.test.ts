import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { identify, isRunning, type ProcessIdentity } from '../../dev/stack/identity.ts';
import { readJson } from '../../dev/stack/json-file.ts';
import { openLedger, sweepStacks } from '../../dev/stack/ledger.ts';
import { killNow, type ManagedProcess, startProcess } from '../../dev/stack/process.ts';

let root: string;
let dir: string;
let child: ManagedProcess;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'nodewave-ledger-'));
  dir = join(root, 'stack');
  mkdirSync(dir);
  vi.stubEnv('NODEWAVE_CACHE', join(root, 'cache'));
  child = await startProcess({ name: 'sleep', command: 'sleep', args: ['60'], logFile: join(root, 'log') });
});

afterEach(() => {
  killNow(child.identity);
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

/** Makes the ledger look as if the process that wrote it had been killed. */
async function orphan(): Promise<void> {
  const gone = spawn('true');
  const owner = gone.pid === undefined ? undefined : identify(gone.pid);
  await new Promise((resolve) => gone.once('exit', resolve));
  const file = join(dir, 'processes.json');
  writeFileSync(
    file,
    JSON.stringify({ ...readJson<object>(file), owner: owner ?? { pid: 1, startedAt: '-1', command: '' } }),
  );
}

test('a sweep ends an orphaned temporary stack and removes its folder', async () => {
  const { ledger } = await openLedger(dir, true);
  ledger.add('sleep', child.identity);
  await orphan();
  expect(await sweepStacks()).toEqual([dir]);
  expect(isRunning(child.identity)).toBe(false);
  expect(existsSync(dir)).toBe(false);
  expect(await sweepStacks()).toEqual([]);
});

test.each(['owned', 'kept', 'left running'])('a sweep leaves a stack alone that is %s', async (how) => {
  const { ledger } = await openLedger(dir, how !== 'kept');
  ledger.add('sleep', child.identity);
  if (how === 'left running') ledger.keep();
  if (how !== 'owned') await orphan();
  expect(await sweepStacks()).toEqual([]);
  expect(isRunning(child.identity)).toBe(true);
});

test('opening a folder again ends what was written down, and nothing that merely has its pid', async () => {
  const { ledger } = await openLedger(dir, false);
  ledger.add('sleep', child.identity);
  const stranger: ProcessIdentity = { pid: process.pid, startedAt: 'long ago', command: 'something else' };
  ledger.add('stranger', stranger);
  await orphan();
  const { ended } = await openLedger(dir, false);
  expect(ended).toEqual(['sleep']);
  expect(isRunning(child.identity)).toBe(false);
});

test('what was taken out of the ledger is not ended', async () => {
  const { ledger } = await openLedger(dir, false);
  ledger.add('sleep', child.identity);
  ledger.remove(child.identity);
  await orphan();
  expect((await openLedger(dir, false)).ended).toEqual([]);
  expect(isRunning(child.identity)).toBe(true);
});
