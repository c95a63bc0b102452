import { afterAll, beforeAll, test } from 'vitest';
import { type FreezingProxy, startFreezingProxy } from '../support/freezing-proxy.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { type CuttableWorker, cutOffRounds } from './cut-off.ts';

let product: Product;
const proxies: FreezingProxy[] = [];

beforeAll(async () => {
  product = await startProduct({ worker: false });
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
});

async function behindProxy(): Promise<CuttableWorker> {
  const proxy = await startFreezingProxy(product.temporal.config.address);
  proxies.push(proxy);
  const worker = await product.startWorker({ temporalAddress: proxy.address });
  return { worker, cut: proxy.freeze, restore: proxy.thaw };
}

test('a worker cut off from Temporal only, while a second one takes over: the budget is never spent twice', async () => {
  await cutOffRounds(product, [await behindProxy(), await behindProxy()], 1, 11);
}, 240_000);
