import type { Product } from '../support/product.ts';
import type { CuttableWorker } from './cut-off.ts';

/** A worker that is cut off by SIGSTOP: it does nothing at all, and then goes on as if no time had passed. */
export async function stoppable(product: Product): Promise<CuttableWorker> {
  const worker = await product.startWorker();
  const { pid } = worker.process.identity;
  return {
    worker,
    cut: () => process.kill(pid, 'SIGSTOP'),
    restore: () => process.kill(pid, 'SIGCONT'),
  };
}
