import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onExit } from '../stack/exit-guard.ts';
import { identify } from '../stack/identity.ts';
import { lastLines } from '../stack/process.ts';
import { pinnedVersion, type Tool, type ToolName, toolDir } from './registry.ts';

/** Gets one line of progress at a time, without a newline. */
export type Progress = (line: string) => void;

const heartbeatMs = 20_000;

/** Elapsed time for people, e.g. "45 s" or "2 min 05 s". */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

function goBuild(
  tool: Tool,
  outDir: string,
  logFile: string,
  env: NodeJS.ProcessEnv,
  tick: () => void,
): Promise<number | null> {
  const stamp = tool.versionVariable === undefined ? '' : ` -X ${tool.versionVariable}=${stampedVersion(tool)}`;
  const tags = tool.tags === undefined ? [] : ['-tags', tool.tags];
  const log = openSync(logFile, 'w');
  const child = spawn(
    'go',
    ['build', '-trimpath', '-buildvcs=false', ...tags, '-ldflags', `-s -w${stamp}`, '-o', `${outDir}/`, 'tool'],
    {
      cwd: toolDir(tool.name),
      stdio: ['ignore', log, log],
      // GOWORK, GOOS and GOARCH of the caller would build something else than what go.mod pins for this machine.
      env: {
        ...env,
        CGO_ENABLED: '0',
        GOTOOLCHAIN: 'auto',
        GOFLAGS: '-mod=readonly',
        GOWORK: 'off',
        GOOS: '',
        GOARCH: '',
      },
    },
  );
  closeSync(log);
  const forget = onExit(() => child.kill('SIGINT'));
  const heartbeat = setInterval(tick, heartbeatMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  }).finally(() => {
    clearInterval(heartbeat);
    forget();
  }) as Promise<number | null>;
}

const saysV: readonly ToolName[] = ['kubernetes', 'compose', 'helm'];

/** Kubernetes says "v1.36.3" of itself, others leave the v out. */
function stampedVersion(tool: Tool): string {
  const version = pinnedVersion(tool);
  return saysV.includes(tool.name) ? `v${version}` : version;
}

function failure(tool: Tool, logFile: string, code: number | null): Error {
  const log = lastLines(logFile);
  let cure = 'Run the command again; if it fails the same way, the log says why.';
  if (/dial tcp|no such host|connection refused|i\/o timeout|TLS handshake/.test(log)) {
    cure = 'The Go module proxy could not be reached: check the network, or set GOPROXY to one that you can reach.';
  } else if (/no space left/.test(log)) {
    cure = 'The disk is full: the builds need about 8 GB in the Go caches. Free some space and run the command again.';
  } else if (/signal: killed/.test(log)) {
    cure = 'The compiler was killed, most likely for lack of memory: the builds need about 4 GB free.';
  }
  return new Error(
    `building ${tool.name} failed (go exit code ${code ?? 'none: it was killed'}). ${cure}\n${log}\n(log: ${logFile})`,
  );
}

/** Temporary build folders carry the pid of their builder; those of dead builders are what a kill left behind. */
function removeAbandoned(cacheDir: string, tool: Tool): void {
  for (const entry of readdirSync(cacheDir)) {
    const pid = new RegExp(`^\\.build-${tool.name}-(\\d+)$`).exec(entry)?.[1];
    if (pid !== undefined && identify(Number(pid)) === undefined) {
      rmSync(join(cacheDir, entry), { recursive: true, force: true });
    }
  }
}

/**
 * Builds one tool into `target`, which appears whole or not at all: the build runs in a temporary folder beside it that
 * is renamed at the end. Prints a heartbeat line about every 20 s. Throws with the end of the log and the cure.
 */
export async function buildTool(tool: Tool, target: string, progress: Progress, env: NodeJS.ProcessEnv): Promise<void> {
  const cacheDir = dirname(target);
  mkdirSync(cacheDir, { recursive: true });
  removeAbandoned(cacheDir, tool);
  const temporary = join(cacheDir, `.build-${tool.name}-${process.pid}`);
  const logFile = join(cacheDir, `${tool.name}.log`);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  const forget = onExit(() => rmSync(temporary, { recursive: true, force: true }));
  const startedMs = Date.now();
  progress(
    `${tool.name} ${pinnedVersion(tool)}: building from source, about ${elapsed(tool.coldBuildSeconds * 1000)} on 2 cores, once`,
  );
  try {
    const code = await goBuild(tool, temporary, logFile, env, () =>
      progress(`${tool.name}: still building, ${elapsed(Date.now() - startedMs)}`),
    );
    if (code !== 0) throw failure(tool, logFile, code);
    for (const { name, builtAs } of tool.binaries) {
      if (builtAs !== undefined) renameSync(join(temporary, builtAs), join(temporary, name));
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(temporary, target);
    progress(`${tool.name}: built in ${elapsed(Date.now() - startedMs)}`);
  } finally {
    forget();
    rmSync(temporary, { recursive: true, force: true });
  }
}
