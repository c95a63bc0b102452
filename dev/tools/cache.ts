import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ToolName, toolDir } from './registry.ts';

/**
 * Folder outside the repository for what is kept between checkouts: `NODEWAVE_CACHE`, else `$XDG_CACHE_HOME/nodewave`,
 * else `~/.cache/nodewave`.
 */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.NODEWAVE_CACHE) return env.NODEWAVE_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nodewave');
}

/** First 12 hex digits of SHA-256 over go.mod and go.sum: another pinned version is another folder. */
export function cacheKey(moduleDir: string): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(moduleDir, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Folder in the cache that holds a tool's programs once it is built; it exists only whole. */
export function cachedToolDir(name: ToolName, root: string = cacheRoot()): string {
  return join(root, 'tools', `${name}-${cacheKey(toolDir(name))}`);
}
