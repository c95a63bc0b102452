import { join } from 'node:path';
import { buildTool, type Progress } from './build.ts';
import { cachedToolDir, cacheRoot } from './cache.ts';
import { fromEnvironment, fromPath, isComplete } from './find.ts';
import { withLock } from './lock.ts';
import { requireGo } from './prerequisites.ts';
import { type BinaryName, pinnedVersion, type Tool, type ToolName, toolNamed } from './registry.ts';

/** Absolute path of each program that was asked for. */
export type ToolPaths = ReadonlyMap<BinaryName, string>;

/** Absolute path of one program. Throws when it was not among the tools that were ensured. */
export function pathOf(paths: ToolPaths, name: BinaryName): string {
  const path = paths.get(name);
  if (path === undefined) throw new Error(`${name} was not asked for: add its tool to ensureTools`);
  return path;
}

async function inCache(tool: Tool, progress: Progress, env: NodeJS.ProcessEnv): Promise<string> {
  const target = cachedToolDir(tool.name, cacheRoot(env));
  if (isComplete(tool, target)) return target;
  requireGo(tool.binaries.map(({ name }) => name).join(', '), env);
  const waiting = (pid: number) => progress(`${tool.name}: waiting for process ${pid}, which is building it`);
  await withLock(`${target}.lock`, waiting, async () => {
    if (!isComplete(tool, target)) await buildTool(tool, target, progress, env);
  });
  return target;
}

/**
 * Finds or builds the programs of the named tools. For each program: its environment variable, the PATH where the
 * version fits exactly, the cache, and at last a build (minutes). One progress line per tool, more while it builds.
 * Throws when a variable names no executable, Go is missing or too old, or a build fails; the message names the cure.
 */
export async function ensureTools(
  names: readonly ToolName[],
  progress: Progress,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ToolPaths> {
  const paths = new Map<BinaryName, string>();
  for (const tool of names.map(toolNamed)) {
    const sources = new Set<string>();
    for (const binary of tool.binaries) {
      const given = fromEnvironment(binary, env);
      const found = given ?? fromPath(tool, binary, env);
      sources.add(given !== undefined ? binary.envVar : found !== undefined ? 'PATH' : 'cache');
      paths.set(binary.name, found ?? join(await inCache(tool, progress, env), binary.name));
    }
    progress(`${tool.name} ${pinnedVersion(tool)}: ready (${[...sources].join(', ')})`);
  }
  return paths;
}
