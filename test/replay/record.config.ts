import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Not a test: it drives the product through what is to be replayed later. */
export default defineConfig({
  root: join(import.meta.dirname, '..', '..'),
  test: {
    include: ['test/replay/record-histories.ts'],
    globalSetup: ['test/support/stack-setup.ts'],
    testTimeout: 10 * 60_000,
    hookTimeout: 15 * 60_000,
  },
});
