// Runs a TypeScript entry under the repository's own Node, after making sure the dependencies are there.
// Plain JavaScript on purpose: it is the one file that must start on whatever Node (20 or newer) the machine has.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const node = join(root, 'node_modules', '.bin', 'node');
const stamp = join(root, 'node_modules', '.nodewave-lock');
const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

/** True when node_modules was installed from exactly the package-lock.json that is checked out. */
function installed() {
  return existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lockDigest();
}

function install() {
  const startedMs = Date.now();
  process.stderr.write('setup  npm ci ...\n');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.error || npm.status !== 0) {
    process.stderr.write(
      `setup  npm ci failed: ${npm.error?.message ?? `exit code ${npm.status}`}. Check that npm 10 or newer is installed and the npm registry can be reached, then run the command again.\n`,
    );
    process.exit(1);
  }
  writeFileSync(stamp, lockDigest());
  process.stderr.write(`setup  npm ci done in ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
}

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  process.stderr.write('usage: node dev/run.mjs ENTRY.ts [ARG...]\n');
  process.exit(2);
}
if (!installed()) install();

const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, entry), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
});
// The terminal sends Ctrl-C to the whole group; forward only what was sent to this process alone, and outlive the child.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(
    `setup  ${node} did not start: ${error.message}. Remove node_modules and run the command again.\n`,
  );
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + (signal === 'SIGINT' ? 2 : 15)));
