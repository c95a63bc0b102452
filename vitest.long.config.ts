import { defineConfig } from 'vitest/config';

/** The runs that take minutes: faults over many rounds. Most wait most of the time, three at once. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    exclude: ['test/long/random.test.ts'],
    globalSetup: ['test/support/stack-setup.ts'],
    hookTimeout: 15 * 60_000,
    maxWorkers: 3,
  },
});
