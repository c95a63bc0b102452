import { resolve } from 'node:path';
import { endStack } from './stack/ledger.ts';

/** `node dev/run.mjs dev/stop.ts DIR`: ends a stack that was left running in a folder; its state stays. */
async function main(dir: string | undefined): Promise<void> {
  if (dir === undefined) throw new Error('usage: node dev/run.mjs dev/stop.ts DIR');
  const ended = await endStack(resolve(dir));
  process.stderr.write(ended.length === 0 ? `nothing runs in ${dir}\n` : `ended ${ended.join(', ')}\n`);
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
