import { afterAll, beforeAll, test } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { behindProxy, type CuttableWorker, cutOffRounds, stoppable } from './cut-off.ts';

let product: Product;
let workers: CuttableWorker[] = [];

beforeAll(async () => {
  product = await startProduct({ worker: false });
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
  await Promise.all(workers.map((worker) => worker.stop()));
});

test('a worker cut off from Temporal only, then one stopped, while a second one takes over: the budget is never spent twice', async () => {
  workers = [await behindProxy(product), await stoppable(product)];
  await cutOffRounds(product, workers, 2, 11);
}, 300_000);
