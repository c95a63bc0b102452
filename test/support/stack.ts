import { get } from 'node:http';
import { inject } from 'vitest';
import type { TestStack } from './stack-setup.ts';

export type { TestStack } from './stack-setup.ts';

function ask(url: string): Promise<TestStack> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        if (response.statusCode === 200) resolve(body as TestStack);
        else reject(new Error(`the test stack did not start: ${(body as { message: string }).message}`));
      });
    }).on('error', reject);
  });
}

let stack: Promise<TestStack> | undefined;

/**
 * The one cluster and the one Temporal of this test run; the first call of the run starts them (5 s, or minutes when the
 * tools are built for the first time, so give a `beforeAll` that calls it first `stackTimeoutMs`).
 */
export function testStack(): Promise<TestStack> {
  stack ??= ask(inject('stackBroker'));
  return stack;
}

/** Deadline for the hook that first needs the stack, milliseconds. */
export const stackTimeoutMs = 15 * 60_000;
