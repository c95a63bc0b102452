import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cliPage } from '../../dev/docs/cli.ts';

test('docs/cli.md is what --help says', () => {
  const written = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  expect(written, 'run "node dev/run.mjs dev/docs/cli.ts" and commit docs/cli.md').toBe(cliPage());
});
