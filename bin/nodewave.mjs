#!/usr/bin/env node
// Starts the command line under the repository's own Node, which runs TypeScript as it is.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const node = join(root, 'node_modules', '.bin', 'node');
if (!existsSync(node)) {
  process.stderr.write(`nodewave: dependencies are missing. Run "npm ci" in ${root}, then again.\n`);
  process.exit(1);
}
const run = spawnSync(node, ['--disable-warning=ExperimentalWarning', join(root, 'cli', 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(run.status ?? 1);
