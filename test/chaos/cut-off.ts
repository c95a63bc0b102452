import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { waitFor } from '../../dev/stack/wait.ts';
import { startFreezingProxy } from '../support/freezing-proxy.ts';
import type { Product, ProductWorker } from '../support/product.ts';
import { type ChaosField, randomMoment, seededRandom, startField } from './rounds.ts';

/** A worker that can be cut off for a while, without its noticing. */
export interface CuttableWorker {
  worker: ProductWorker;
  cut(): void;
  restore(): void;
  /** Ends what it needed beside the worker. */
  stop(): Promise<void>;
}

/** A worker that can be cut off from Temporal and from nothing else, by a proxy that stops moving bytes. */
export async function behindProxy(product: Product): Promise<CuttableWorker> {
  const proxy = await startFreezingProxy(product.temporal.config.address);
  const worker = await product.startWorker({ temporalAddress: proxy.address });
  return { worker, cut: proxy.freeze, restore: proxy.thaw, stop: proxy.stop };
}

/** A worker that is cut off by SIGSTOP: it does nothing at all, and then goes on as if no time had passed. */
export async function stoppable(product: Product): Promise<CuttableWorker> {
  const worker = await product.startWorker();
  const { pid } = worker.process.identity;
  return {
    worker,
    cut: () => process.kill(pid, 'SIGSTOP'),
    restore: () => process.kill(pid, 'SIGCONT'),
    stop: async () => undefined,
  };
}

/**
 * Once a round cuts off the worker that runs the batch, at a random moment, while a second worker runs: the server gives the
 * batch to the second one, and the first comes back in the middle of that, still believing that the batch is its own.
 */
export async function cutOffRounds(
  product: Product,
  workers: readonly CuttableWorker[],
  rounds: number,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  const field = await startField(product, 'cut', rounds);
  try {
    for (let round = 1; round <= rounds; round++) {
      const since = Date.now();
      const { commit } = await field.pushNext();
      await randomMoment(field, since, random);
      const holder = await field.batchWorker();
      const cut = workers.find(({ worker }) => worker.identity === holder?.identity);
      cut?.cut();
      if (holder !== null && cut !== undefined) {
        await takenOver(field, holder.attempt);
        await sleep(Math.floor(random() * 500));
      }
      cut?.restore();
      expect(await field.outcome(commit, 120_000), `round ${round}, seed ${seed}`).toBe('succeeded');
      expect(await field.violations(), `round ${round}, seed ${seed}`).toEqual([]);
    }
    expect(field.mostOut()).toBeLessThanOrEqual(2);
  } finally {
    for (const { restore } of workers) restore();
    await field.remove();
  }
}

/** Returns when another attempt of the batch runs, or the batch is over. */
async function takenOver(field: ChaosField, attempt: number): Promise<void> {
  await waitFor(
    async () => {
      const now = await field.batchWorker();
      return now === null || now.attempt > attempt;
    },
    { timeoutMs: 60_000, what: 'the batch to be taken over' },
  );
}
