import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    globalSetup: ['test/support/stack-setup.ts'],
    // Waits have limits of their own that say what they wait for; this one only ends what hangs.
    testTimeout: 240_000,
    // The hook that first asks for the stack may have to wait for a first build of the tools.
    hookTimeout: 15 * 60_000,
    // Most files wait for a cluster most of the time: more of them than cores run at once.
    maxWorkers: 4,
  },
});
