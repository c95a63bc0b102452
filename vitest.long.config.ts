import { defineConfig } from 'vitest/config';

const hookTimeout = 15 * 60_000;
const random = 'test/long/random.test.ts';

/**
 * The runs that take minutes: random faults over many rounds. The random run has the machine to itself and comes first: its numbers
 * are counted within its ten minutes, and it has a control plane of its own. The others wait most of the time, three at once.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'random', include: [random], hookTimeout, maxWorkers: 1, sequence: { groupOrder: 0 } } },
      {
        test: {
          name: 'rounds',
          include: ['test/long/**/*.test.ts'],
          exclude: [random],
          globalSetup: ['test/support/stack-setup.ts'],
          hookTimeout,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
