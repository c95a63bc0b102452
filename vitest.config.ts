import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/stack-setup.ts'],
    testTimeout: 60_000,
    // The hook that first asks for the stack may have to wait for a first build of the tools.
    hookTimeout: 15 * 60_000,
  },
});
