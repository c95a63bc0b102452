import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { ConfigError } from './config-error.ts';

const repositoryRoot = join(import.meta.dirname, '..');

/** Workflow code of the product; tests bundle others. */
export const productWorkflows = join(repositoryRoot, 'workflows', 'index.ts');

/** Everything a bundle is made of. A file that is missing here would leave an old bundle in use after a change. */
function bundleSources(workflowsPath: string): string[] {
  const folders = [join(workflowsPath, '..'), join(repositoryRoot, 'domain'), join(import.meta.dirname, 'log')];
  const sources = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  );
  return [...sources, join(import.meta.dirname, 'bundle-child.ts'), join(repositoryRoot, 'package-lock.json')];
}

/** Digest over sources, lock file and SDK version: a bundle is only good for the SDK that made it. */
function bundleDigest(workflowsPath: string): string {
  const hash = createHash('sha256');
  const sdk: unknown = createRequire(import.meta.url)('@temporalio/worker/package.json');
  hash.update(JSON.stringify(sdk));
  for (const file of bundleSources(workflowsPath).toSorted()) {
    hash
      .update(`${relative(repositoryRoot, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Path of the built workflow code in `folder`; builds it when it is not there (about 3 s), in a process of its own: the
 * bundler would otherwise keep about 100 MB of this one for good. Throws ConfigError when the folder cannot be written.
 */
export async function ensureWorkflowBundle(folder: string, workflowsPath: string = productWorkflows): Promise<string> {
  const file = join(folder, `workflows-${bundleDigest(workflowsPath)}.js`);
  if (existsSync(file)) return file;
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new ConfigError(`NODEWAVE_BUNDLE_DIR: ${folder} cannot be made; name a folder that can be written`, {
      cause: error,
    });
  }
  await build(workflowsPath, file);
  return file;
}

function build(workflowsPath: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, 'bundle-child.ts');
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, workflowsPath, file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors = (errors + chunk).slice(-4_000);
    });
    child.on('error', reject);
    child.on('close', (exitCode) => {
      if (exitCode === 0) resolve();
      else reject(new Error(`the workflow code could not be bundled: ${errors.trim() || `exit code ${exitCode}`}`));
    });
  });
}
