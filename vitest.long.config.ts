import { defineConfig } from 'vitest/config';

/** The runs that take minutes: random faults over many rounds. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    globalSetup: ['test/support/stack-setup.ts'],
    hookTimeout: 15 * 60_000,
    maxWorkers: 3,
  },
});
