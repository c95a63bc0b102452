import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    globalSetup: ['test/support/stack-setup.ts'],
    testTimeout: 60_000,
    // The hook that first asks for the stack may have to wait for a first build of the tools.
    hookTimeout: 15 * 60_000,
    // Most files wait for a cluster most of the time: more of them than cores run at once.
    maxWorkers: 4,
  },
});
