#!/usr/bin/env node
// Starts the command line under the repository's own Node, which runs TypeScript as it is. Plain JavaScript on purpose: this
// file must start on whatever Node (20 or newer) the machine has.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const node = join(root, 'node_modules', '.bin', 'node');
if (!existsSync(node)) {
  process.stderr.write(`error: dependencies are missing\nRun "npm ci" in ${root}, then again.\n`);
  process.exit(2);
}
const entry = join(root, 'cli', 'main.ts');
const child = spawn(node, ['--disable-warning=ExperimentalWarning', entry, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// Ctrl-C reaches both processes; the child decides how it ends, and this one outlives it.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`error: ${node} did not start: ${error.message}\nRun "npm ci" in ${root}, then again.\n`);
  process.exit(2);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
