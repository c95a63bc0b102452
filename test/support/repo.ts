import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A bare repository and a clone to commit from, both real. */
export interface TestRepo {
  /** What `source.repo` names. */
  url: string;
  /** Replaces the whole content by `files` (path to text), commits and pushes; returns the commit. */
  push(files: Record<string, string>, message?: string): Promise<string>;
  /** Runs git in the clone. */
  git(...args: string[]): Promise<string>;
  remove(): void;
}

/** Makes a repository with branch `main` and no commit. */
export async function makeRepo(): Promise<TestRepo> {
  const dir = mkdtempSync(join(tmpdir(), 'nodewave-repo-'));
  const bare = join(dir, 'agents.git');
  const clone = join(dir, 'clone');
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
  };
  const gitIn = async (cwd: string, ...args: string[]): Promise<string> =>
    (await run('git', args, { cwd, env })).stdout.trim();
  await gitIn(dir, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  await gitIn(dir, 'clone', '--quiet', bare, clone);
  await gitIn(clone, 'checkout', '--quiet', '-B', 'main');
  return {
    url: bare,
    git: (...args) => gitIn(clone, ...args),
    push: async (files, message = 'Change manifests') => {
      await gitIn(clone, 'rm', '-r', '--quiet', '--ignore-unmatch', '.');
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(clone, path)), { recursive: true });
        await rm(join(clone, path), { force: true });
        await writeFile(join(clone, path), text);
      }
      await gitIn(clone, 'add', '--all');
      await gitIn(clone, 'commit', '--quiet', '--allow-empty', '-m', message);
      await gitIn(clone, 'push', '--quiet', 'origin', 'main');
      return await gitIn(clone, 'rev-parse', 'HEAD');
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
