import { ensureWorkflowBundle } from './bundle.ts';

// Usage: node worker/prebuild.ts FOLDER. For images: a worker then starts without bundling and without a writable folder.
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: node worker/prebuild.ts FOLDER\n');
  process.exit(2);
}
process.stdout.write(`${await ensureWorkflowBundle(folder)}\n`);
