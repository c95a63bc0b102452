import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Adds a recording to the histories that `replay.test.ts` replays, on the local stack: `node dev/run.mjs test/replay/record.ts`. Run
 * it when workflows do something that no recording has yet. Those that are there stay: a change that one of them cannot take is one
 * that running rollouts cannot take either.
 */
const root = join(import.meta.dirname, '..', '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(import.meta.dirname, 'record.config.ts');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
