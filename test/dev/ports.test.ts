import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { freePort, isPortFree, returnPort } from '../../dev/stack/ports.ts';

const servers: Server[] = [];

function listen(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    servers.push(server);
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

test('the usual port is given when it is free', async () => {
  const usual = await freePort();
  returnPort(usual);
  expect(await freePort(usual)).toBe(usual);
});

test.each(['127.0.0.1', '0.0.0.0'])('another port is given when the usual one is in use at %s', async (host) => {
  const usual = await freePort();
  returnPort(usual);
  await listen(usual, host);
  expect(await isPortFree(usual)).toBe(false);
  const other = await freePort(usual);
  expect(other).not.toBe(usual);
  expect(await isPortFree(other)).toBe(true);
});

test('the second choice is taken before any other', async () => {
  const [first, second] = [await freePort(), await freePort()];
  returnPort(second);
  expect(await freePort(first, undefined, second)).toBe(second);
});

test('a port is not given twice before anyone listens on it', async () => {
  const ports = await Promise.all(Array.from({ length: 30 }, () => freePort()));
  expect(new Set(ports).size).toBe(30);
  const [first] = ports;
  expect(await freePort(first)).not.toBe(first);
});
