import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const cli = join(import.meta.dirname, '..', '..', 'cli');

test('only the entry reads the environment of the process', () => {
  const readers = readdirSync(cli, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => readFileSync(join(cli, file), 'utf8').includes('process.env'));
  expect(readers).toEqual(['main.ts']);
});
