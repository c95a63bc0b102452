import { afterAll, beforeAll, test } from 'vitest';
import { killRounds } from '../chaos/kill.ts';
import { seedOf } from '../chaos/rounds.ts';
import { type Product, type ProductWorker, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';

let product: Product & { first: ProductWorker | null };

beforeAll(async () => {
  product = await startProduct();
}, stackTimeoutMs);

afterAll(() => product?.stop());

test('20 times a worker is killed at a random moment', async () => {
  if (product.first === null) throw new Error('no worker');
  await killRounds(product, product.first, 20, seedOf('kill'));
}, 1_500_000);
