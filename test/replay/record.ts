import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Records the histories that `replay.test.ts` replays, on the local stack: `node dev/run.mjs test/replay/record.ts`. Run it
 * when a workflow was changed on purpose in a way that old histories cannot take, and say so in the changelog: running
 * rollouts of the version before cannot go on either.
 */
const root = join(import.meta.dirname, '..', '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(import.meta.dirname, 'record.config.ts');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
