import { homedir, hostname, userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outside } from './context.ts';
import { readEnv } from './env.ts';
import { findSender } from './identity.ts';
import { run } from './run.ts';

/** Name of the account that runs this; containers often have none for their number. */
function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

const outside: Outside = {
  terminal: {
    out: (chunk) => process.stdout.write(chunk),
    err: (chunk) => process.stderr.write(chunk),
    readStdin: () => text(process.stdin),
    nowMs: () => Date.now(),
    sleep: (ms) => sleep(ms),
  },
  env: readEnv(process.env, homedir(), accountName()),
  sender: findSender,
  connect: async ({ variables, user }) => {
    // Loaded on first use: help and version answer without the SDK.
    const { connect, loadTemporalConfig } = await import('../client/index.ts');
    return await connect(loadTemporalConfig(variables), { identity: `nodewave ${user ?? ''}@${hostname()}` });
  },
};

// `nodewave get | head -1` closes the pipe early: that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// Exits by itself: a login program of the kubeconfig that never answers must not keep the process alive.
process.exit(await run(process.argv.slice(2), outside));
