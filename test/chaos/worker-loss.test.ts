import { afterAll, beforeAll, test } from 'vitest';
import { type Product, type ProductWorker, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { killRounds } from './kill.ts';

let product: Product & { first: ProductWorker | null };

beforeAll(async () => {
  product = await startProduct();
}, stackTimeoutMs);

afterAll(() => product?.stop());

test('S17: a worker killed at random moments: budget held, no pod deleted twice, the rollout ends right', async () => {
  if (product.first === null) throw new Error('no worker');
  await killRounds(product, product.first, 2, 7);
}, 240_000);
