import type { NodewaveClient } from '../client/index.ts';
import type { Accepted } from '../domain/wire.ts';
import type { Cli } from './context.ts';
import { acceptedLines } from './render/accepted.ts';

/** Sends a message to an application and prints the answer. */
export async function decideApplication(
  cli: Cli,
  application: string,
  by: string,
  send: (client: NodewaveClient) => Promise<Accepted>,
): Promise<void> {
  const accepted = await send(await cli.client());
  cli.print({ ...accepted, by, application }, () =>
    acceptedLines(`application ${application}`, accepted, `nodewave get ${application}`),
  );
}
