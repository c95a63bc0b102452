import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTools } from '../dev/tools/ensure.ts';
import { stackTools } from '../dev/tools/registry.ts';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** Runs a program with its output on the terminal; true when it succeeded. */
function succeeds(name: string, args: readonly string[]): boolean {
  process.stderr.write(`== ${name} ${args.join(' ')}\n`);
  return spawnSync(bin(name), args, { cwd: root, stdio: 'inherit' }).status === 0;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The report of vitest, as far as it is read. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
}

/** Runs vitest and returns its own counts; a suite that could not even start counts as a failure. */
function runTests(config: string, filters: readonly string[]): Counts {
  const dir = mkdtempSync(join(tmpdir(), 'nodewave-counts-'));
  const outputFile = join(dir, 'counts.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`];
  const ok = succeeds('vitest', ['run', '--config', config, ...reporters, ...filters]);
  try {
    const report = JSON.parse(readFileSync(outputFile, 'utf8')) as Report;
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report;
    return { passed, failed: failed > 0 || ok ? failed : Math.max(1, report.numFailedTestSuites), skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * `npm test`: types, lint, format and all tests but the long ones. `npm run test:long`: those. `npm run test:random`: the
 * randomised run. Words after `--` filter files.
 */
async function main(args: readonly string[]): Promise<number> {
  const random = args.includes('--random');
  const long = random || args.includes('--long');
  const filters = args.filter((arg) => !arg.startsWith('--'));
  // The compose plugin checks docker-compose.yml, Prometheus answers gates, kustomize and helm render; nothing else needs them.
  await ensureTools(long ? stackTools : [...stackTools, 'compose', 'prometheus', 'kustomize', 'helm'], (line) =>
    process.stderr.write(`setup  ${line}\n`),
  );
  const checked = long || (succeeds('tsc', ['-p', '.']) && succeeds('biome', ['check', '--error-on-warnings']));
  const config = random ? 'vitest.random.config.ts' : long ? 'vitest.long.config.ts' : 'vitest.config.ts';
  const { passed, failed, skipped } = runTests(config, filters);
  if (!checked)
    process.stdout.write('Types, lint or format are not clean: see above; "npm run format" mends the format.\n');
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return checked && failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
