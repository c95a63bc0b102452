import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTools, pathOf } from '../../dev/tools/ensure.ts';
import { testStack } from '../support/stack.ts';

/** The pinned kubectl against the run's cluster, with admin rights. */
export interface Kubectl {
  /** Runs it with `input` on stdin and returns stdout; fails with its stderr. */
  run(args: readonly string[], input?: string): Promise<string>;
  /** `kubectl apply -f -`, client-side, as people apply manifests before they have GitOps. */
  apply(namespace: string, manifest: string): Promise<void>;
  remove(): void;
}

/** Finds kubectl; its cache goes to a folder of its own. */
export async function makeKubectl(): Promise<Kubectl> {
  const { kubeconfigFile } = await testStack();
  const binary = pathOf(await ensureTools(['kubernetes'], () => undefined), 'kubectl');
  const cache = mkdtempSync(join(tmpdir(), 'nodewave-kubectl-'));
  const run: Kubectl['run'] = (args, input = '') =>
    new Promise((resolve, reject) => {
      const child = spawn(binary, ['--kubeconfig', kubeconfigFile, '--cache-dir', cache, ...args]);
      const out = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => {
        out.stdout += chunk.toString();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        out.stderr += chunk.toString();
      });
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) resolve(out.stdout);
        else reject(new Error(`kubectl ${args.join(' ')} ended with ${code}: ${out.stderr}`));
      });
      child.stdin.end(input);
    });
  return {
    run,
    apply: async (namespace, manifest) => {
      await run(['apply', '--namespace', namespace, '-f', '-'], manifest);
    },
    remove: () => rmSync(cache, { recursive: true, force: true }),
  };
}
