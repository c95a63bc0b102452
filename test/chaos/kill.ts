import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Product, ProductWorker } from '../support/product.ts';
import { randomMoment, seededRandom, startField } from './rounds.ts';

/** SIGKILLs the only worker once a round at a random moment, from the push to the last pod, and starts another one. */
export async function killRounds(product: Product, first: ProductWorker, rounds: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const field = await startField(product, 'kill', rounds);
  let worker = first;
  try {
    for (let round = 1; round <= rounds; round++) {
      const since = Date.now();
      const { commit } = await field.pushNext();
      // One round in four strikes before the first deletion: while planning, or while the window is being opened.
      if (random() < 0.25) await sleep(Math.floor(random() * 700));
      else await randomMoment(field, since, random);
      process.kill(worker.process.identity.pid, 'SIGKILL');
      await worker.process.ended;
      worker = await product.startWorker();
      expect(await field.outcome(commit, 90_000), `round ${round}, seed ${seed}`).toBe('succeeded');
      expect(await field.violations(), `round ${round}, seed ${seed}`).toEqual([]);
    }
    expect(field.mostOut()).toBeLessThanOrEqual(2);
  } finally {
    await field.remove();
  }
}
