import { afterAll, beforeAll, test } from 'vitest';
import { behindProxy, type CuttableWorker, cutOffRounds } from '../chaos/cut-off.ts';
import { seedOf } from '../chaos/rounds.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';

let product: Product;
let workers: CuttableWorker[] = [];

beforeAll(async () => {
  product = await startProduct({ worker: false });
  workers = [await behindProxy(product), await behindProxy(product)];
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
  await Promise.all(workers.map((worker) => worker.stop()));
});

test('20 times a worker is cut off from Temporal only while a second one takes over', async () => {
  await cutOffRounds(product, workers, 20, seedOf('cut-off'));
}, 1_500_000);
