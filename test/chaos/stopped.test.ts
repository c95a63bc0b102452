import { afterAll, beforeAll, test } from 'vitest';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { cutOffRounds } from './cut-off.ts';
import { stoppable } from './stopped.ts';

let product: Product;

beforeAll(async () => {
  product = await startProduct({ worker: false });
}, stackTimeoutMs);

afterAll(() => product?.stop());

test('a worker stopped by SIGSTOP and woken while a second one has taken over: the budget is never spent twice', async () => {
  await cutOffRounds(product, [await stoppable(product), await stoppable(product)], 1, 13);
}, 240_000);
