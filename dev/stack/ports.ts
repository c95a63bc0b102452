import { connect, createServer } from 'node:net';

/** Outside the range that systems hand out to outgoing connections, so that none takes a port between check and use. */
const range = { first: 20_000, last: 32_000 };
/** Ports given out by this process and perhaps not listened on yet. */
const given = new Set<number>();

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.setTimeout(1_000, () => settle(true));
  });
}

/**
 * True when nothing uses the port on 127.0.0.1. Asks in both ways: on some systems a port that another program listens
 * on at 0.0.0.0 can be taken at 127.0.0.1.
 */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port)) && !(await answers(port));
}

/**
 * A free port on 127.0.0.1: the first of `preferred` that is free, or another one. Never gives the same port twice in one
 * process until `returnPort`.
 */
export async function freePort(...preferred: (number | undefined)[]): Promise<number> {
  for (const port of preferred) {
    if (port === undefined || given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port)) return port;
    given.delete(port);
  }
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = range.first + Math.floor(Math.random() * (range.last - range.first));
    if (given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port)) return port;
    given.delete(port);
  }
  throw new Error(`no free port between ${range.first} and ${range.last} on 127.0.0.1`);
}

/** Lets `freePort` give a port out again, after its user has stopped. */
export function returnPort(port: number): void {
  given.delete(port);
}
