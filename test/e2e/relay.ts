import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** An address that leads to one server, to none, or to another one later: what a Temporal that goes away looks like. */
export interface Relay {
  /** host:port to connect to. */
  address: string;
  /** Ends every connection; new ones are closed at once, until `to` is called. */
  cut(): void;
  /** Leads to `target` (host:port) from now on; connections to another one end. */
  to(target: string): void;
  stop(): Promise<void>;
}

/** Starts a relay to `target` (host:port) on a free port of 127.0.0.1. */
export async function startRelay(target: string): Promise<Relay> {
  let current: string | null = target;
  const sockets = new Set<Socket>();
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((incoming) => {
    incoming.on('error', () => incoming.destroy());
    if (current === null) return incoming.destroy();
    const [host = '', port = ''] = current.split(':');
    const outgoing = connect(Number(port), host);
    outgoing.on('error', () => incoming.destroy());
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      current = null;
      end();
    },
    to: (next) => {
      current = next;
      end();
    },
    stop: async () => {
      end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
