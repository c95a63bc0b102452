import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheRoot } from '../tools/cache.ts';
import { endCluster } from './cluster-pids.ts';
import { identify, isRunning, type ProcessIdentity } from './identity.ts';
import { readJson, writeJson } from './json-file.ts';
import { endProcess } from './process.ts';

/** What a stack's folder remembers, so that the next start finds what a killed one left running. */
interface LedgerFile {
  owner: ProcessIdentity | undefined;
  /** True while the stack may outlive its owner, as after `npm run demo -- --keep`. */
  keep: boolean;
  processes: { name: string; identity: ProcessIdentity }[];
}

/** The processes of one stack, on disk. */
export interface Ledger {
  /** Writes a process down; it is taken out again by `remove`. */
  add(name: string, identity: ProcessIdentity): void;
  remove(identity: ProcessIdentity): void;
  /** From now on the stack may outlive this process: no sweep ends it, the next start in its folder does. */
  keep(): void;
  /** Gives the folder up; nothing of the stack runs any more. */
  close(): void;
}

const ledgerFile = (dir: string) => join(dir, 'processes.json');
/** One small file per temporary stack of this user, so that a sweep finds their folders. */
const registryDir = () => join(cacheRoot(), 'stacks');
const registryFile = (dir: string) =>
  join(registryDir(), `${createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 16)}.json`);

async function endRecorded(file: LedgerFile | undefined): Promise<string[]> {
  const running = (file?.processes ?? []).filter(({ identity }) => isRunning(identity));
  await Promise.all(running.map(({ identity }) => endProcess(identity)));
  return running.map(({ name }) => name);
}

/**
 * Takes a stack's folder for this process and ends what an earlier owner left running there: only processes that it
 * wrote down, each still being that process. Returns their names beside the ledger. A `temporary` one is found by sweeps.
 * Throws when another living process owns the folder.
 */
export async function openLedger(dir: string, temporary: boolean): Promise<{ ledger: Ledger; ended: string[] }> {
  const path = ledgerFile(dir);
  const previous = readJson<LedgerFile>(path);
  refuseOwned(dir, previous);
  const ended = [...(await endRecorded(previous)), ...(await endCluster(dir))];
  const state: LedgerFile = { owner: identify(process.pid), keep: false, processes: [] };
  const save = () => writeJson(path, state);
  save();
  if (temporary) writeJson(registryFile(dir), { dir: resolve(dir) });
  const ledger: Ledger = {
    add: (name, identity) => {
      state.processes.push({ name, identity });
      save();
    },
    remove: (identity) => {
      state.processes = state.processes.filter((entry) => entry.identity.pid !== identity.pid);
      save();
    },
    keep: () => {
      state.keep = true;
      save();
    },
    close: () => {
      rmSync(path, { force: true });
      rmSync(registryFile(dir), { force: true });
    },
  };
  return { ledger, ended };
}

function refuseOwned(dir: string, file: LedgerFile | undefined): void {
  const owner = file?.owner;
  if (owner === undefined || owner.pid === process.pid || !isRunning(owner)) return;
  throw new Error(
    `process ${owner.pid} (${owner.command}) already runs the stack in ${dir}; stop it first, with Ctrl-C in its terminal or "kill ${owner.pid}"`,
  );
}

/**
 * Ends everything that was written down in a stack's folder, and the folder's cluster; for stacks that were left running.
 * Returns what ran. Throws when a living process owns the folder.
 */
export async function endStack(dir: string): Promise<string[]> {
  const file = readJson<LedgerFile>(ledgerFile(dir));
  refuseOwned(dir, file);
  const ended = [...(await endRecorded(file)), ...(await endCluster(dir))];
  rmSync(ledgerFile(dir), { force: true });
  rmSync(registryFile(dir), { force: true });
  return ended;
}

/**
 * Ends the temporary stacks whose owner was killed before it could, and removes their folders, which are returned. Stacks
 * with kept state are left to the next start in their folder, and those that were left running on purpose to `endStack`.
 */
export async function sweepStacks(): Promise<string[]> {
  if (!existsSync(registryDir())) return [];
  const swept: string[] = [];
  for (const entry of readdirSync(registryDir()).filter((name) => name.endsWith('.json'))) {
    const stack = readJson<{ dir: string }>(join(registryDir(), entry));
    if (stack === undefined) continue;
    const file = readJson<LedgerFile>(ledgerFile(stack.dir));
    const owned = file?.owner !== undefined && isRunning(file.owner);
    if (owned || file?.keep === true) continue;
    await endStack(stack.dir);
    rmSync(stack.dir, { recursive: true, force: true });
    swept.push(stack.dir);
  }
  return swept;
}
