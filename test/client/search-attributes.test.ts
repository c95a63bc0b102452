import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClientError, connect, type NodewaveClient } from '../../client/index.ts';
import { startTemporal, type TestTemporal } from '../support/temporal.ts';

let temporal: TestTemporal;
let client: NodewaveClient;

beforeAll(async () => {
  temporal = await startTemporal({ searchAttributes: false });
  client = await connect(temporal.config);
}, 120_000);

afterAll(async () => {
  await client?.close();
  await temporal?.stop();
});

test('missing search attributes are refused with the exact commands, then registered once', async () => {
  const error = await client.verifySearchAttributes({ register: false }).catch((reason: unknown) => reason);
  if (!(error instanceof ClientError)) throw new Error('it was expected to be refused');
  expect(error.kind).toBe('setup');
  expect(error.cure).toContain(
    `temporal operator search-attribute create --address ${temporal.config.address} --namespace default --name NodewaveApplication --type Keyword`,
  );
  expect(error.cure.match(/--name Nodewave/g)).toHaveLength(5);

  const first = await client.verifySearchAttributes({ register: true });
  expect(first.registered).toHaveLength(5);
  expect(await client.verifySearchAttributes({ register: false })).toEqual({ registered: [] });
});
