import { afterAll, beforeAll, test } from 'vitest';
import { type CuttableWorker, cutOffRounds, stoppable } from '../chaos/cut-off.ts';
import { seedOf } from '../chaos/rounds.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';

let product: Product;
let workers: CuttableWorker[] = [];

beforeAll(async () => {
  product = await startProduct({ worker: false });
  workers = [await stoppable(product), await stoppable(product)];
}, stackTimeoutMs);

afterAll(() => product?.stop());

test('20 times a worker is stopped and woken in the middle of another one taking over', async () => {
  await cutOffRounds(product, workers, 20, seedOf('stopped'));
}, 1_500_000);
