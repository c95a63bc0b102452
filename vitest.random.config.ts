import { defineConfig } from 'vitest/config';

/** The randomised run: its numbers are counted within its ten minutes, so it has the machine to itself. */
export default defineConfig({
  test: { include: ['test/long/random.test.ts'], hookTimeout: 15 * 60_000, maxWorkers: 1 },
});
