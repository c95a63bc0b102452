import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A repository that tests commit to. */
export interface ScratchRepo {
  dir: string;
  /** Runs git in it and returns what it prints. */
  git(...args: string[]): string;
  write(path: string, content: string | Uint8Array): void;
  /** Commits everything and returns the full commit. */
  commit(message: string): string;
}

/** A folder that the test removes with `remove`. */
export function scratchFolder(): { dir: string; remove(): void } {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'nodewave-git-')));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Makes a repository on branch main, with a first commit when `files` are given. */
export function scratchRepo(dir: string, files: Record<string, string> = {}, options: string[] = []): ScratchRepo {
  mkdirSync(dir, { recursive: true });
  const env = {
    PATH: process.env.PATH ?? '',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.com',
  };
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const repo: ScratchRepo = {
    dir,
    git,
    write(path, content) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), content);
    },
    commit(message) {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD');
    },
  };
  git('init', '--quiet', '--initial-branch=main', ...options);
  for (const [path, content] of Object.entries(files)) repo.write(path, content);
  if (Object.keys(files).length > 0) repo.commit('first');
  return repo;
}
