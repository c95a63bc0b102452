import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

// Usage: node worker/bundle-child.ts WORKFLOWS_PATH OUTPUT_FILE. Started by bundle.ts.
const [workflowsPath, file] = process.argv.slice(2);
if (workflowsPath === undefined || file === undefined) throw new Error('usage: bundle-child.ts WORKFLOWS_PATH FILE');

const { code } = await bundleWorkflowCode({
  workflowsPath,
  workflowInterceptorModules: [join(import.meta.dirname, 'log', 'workflow-interceptors.ts')],
  logger: new DefaultLogger('ERROR', ({ message }) => process.stderr.write(`${message}\n`)),
});
// Two processes may build at once: each renames a whole file into place.
const partial = `${file}.${process.pid}`;
await writeFile(partial, code);
await rename(partial, file);
