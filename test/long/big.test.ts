import { expect, test } from 'vitest';
import { broken } from '../bench/report.ts';
import { runVariant } from '../bench/run.ts';
import { variants } from '../bench/variants.ts';

const big = variants.find(({ name }) => name === 'big');

test('S47: 5,000 nodes in batches of 50: at most 2,500 events, and 400 MB of worker memory', async () => {
  if (big === undefined) throw new Error('the bench has no variant big');
  expect(big).toMatchObject({ nodes: 5_000, batchOf: 50, limits: { historyEvents: 2_500, workerMb: 400 } });
  const figures = await runVariant(big, (line) => process.stderr.write(`big: ${line}\n`));
  expect(broken(big, figures)).toEqual([]);
}, 3_600_000);
