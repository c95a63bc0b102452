import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Commands } from './commands.ts';

/** Where the forge's webhook goes. */
export interface HookTarget {
  url: string;
  secretFile: string;
}

/** A bare repository with a webhook, as a forge has it, and a clone that somebody works in. */
export interface Repository {
  /** What `source.repo` names. */
  url: string;
  /** Folder of the clone. */
  clone: string;
  /** Commits files (path to text) in the clone; returns the commit. */
  commit(files: Readonly<Record<string, string>>, subject: string): Promise<string>;
  /** `git push origin main`; returns what the server's hook printed, without git's "remote:". */
  push(): Promise<string>;
  /** Switches the webhook on or off, as in the settings of a forge. */
  setWebhook(on: boolean): Promise<void>;
}

const author = 'Ann';
/** Nothing of the person's own git configuration (hooks, signing, defaults) reaches the demo. */
const env: NodeJS.ProcessEnv = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: author,
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: author,
  GIT_COMMITTER_EMAIL: 'ann@example.com',
};

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The hook of the bare repository; git runs it in that folder. */
export function hookScript(target: HookTarget, repositoryUrl: string): string {
  const script = join(import.meta.dirname, 'post-receive.mjs');
  const words = [process.execPath, script, target.url, target.secretFile, repositoryUrl].map(quoted).join(' ');
  return `#!/bin/sh\n[ "$(git config --type=bool --default=true demo.webhook)" = true ] || exit 0\nexec ${words}\n`;
}

/** Makes both in a folder, with branch `main` and no commit. */
export async function makeRepository(dir: string, target: HookTarget, commands: Commands): Promise<Repository> {
  const bare = join(dir, 'agents.git');
  const clone = join(dir, 'agents');
  // An address and not a path: the folder may have characters that an address must not hold as they are.
  const url = pathToFileURL(bare).href;
  const git = async (cwd: string, ...args: string[]) => await commands.run('git', args, { cwd, env });
  mkdirSync(dir, { recursive: true });
  await git(dir, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  const hook = join(bare, 'hooks', 'post-receive');
  mkdirSync(dirname(hook), { recursive: true });
  writeFileSync(hook, hookScript(target, url));
  chmodSync(hook, 0o755);
  await git(dir, 'clone', '--quiet', url, clone);
  await git(clone, 'checkout', '--quiet', '-B', 'main');
  return {
    url,
    clone,
    commit: async (files, subject) => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(clone, path)), { recursive: true });
        writeFileSync(join(clone, path), text);
      }
      await git(clone, 'add', '--all');
      await git(clone, 'commit', '--quiet', '-m', subject);
      return (await git(clone, 'rev-parse', 'HEAD')).stdout.trim();
    },
    push: async () => {
      const { stderr } = await git(clone, 'push', '--quiet', 'origin', 'main');
      const said = stderr.split('\n').filter((line) => line.startsWith('remote:'));
      return said.map((line) => line.replace(/^remote:\s*/, '').trim()).join('\n');
    },
    setWebhook: async (on) => {
      await git(bare, 'config', 'demo.webhook', String(on));
    },
  };
}
