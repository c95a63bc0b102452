import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { ClientError } from './client-error.ts';
import { explain } from './explain.ts';
import type { TemporalConfig } from './temporal-config.ts';

/** A connection with what every caller needs beside it. */
export interface TemporalAccess {
  config: TemporalConfig;
  connection: Connection;
  client: Client;
}

/** How long the first answers may take, milliseconds. */
const checkDeadlineMs = 5_000;

/**
 * Opens a connection that connects on first use and finds a restarted server again within seconds.
 * `identity` is what Temporal shows as the sender, e.g. a pod name.
 */
export function openConnection(config: TemporalConfig, identity?: string): TemporalAccess {
  const connection = Connection.lazy({
    ...config.connectionOptions,
    // The default of 10 attempts hides a refused connection for 20 s; a caller with a person behind it wants to know at once.
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 4 }))],
    // The default backs off to two minutes, during which a server that is back still looks gone.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 500, 'grpc.max_reconnect_backoff_ms': 3_000 },
  });
  const client = new Client({
    connection,
    namespace: config.namespace,
    ...(identity === undefined ? {} : { identity }),
    ...(config.payloadCodecs === undefined ? {} : { dataConverter: { payloadCodecs: config.payloadCodecs } }),
  });
  return { config, connection, client };
}

/** Asks the server who it is and whether the namespace exists. Throws ClientError; used at start and for readiness. */
export async function checkConnection({ config, connection }: TemporalAccess): Promise<void> {
  try {
    await connection.withDeadline(Date.now() + checkDeadlineMs, async () => {
      await connection.workflowService.getSystemInfo({});
      await connection.workflowService.describeNamespace({ namespace: config.namespace });
    });
  } catch (error) {
    const explained = explain(error, { config, subject: `namespace ${config.namespace}` });
    if (explained.kind !== 'timeout') throw explained;
    throw new ClientError(
      'unavailable',
      `Temporal at ${config.address} did not answer within ${checkDeadlineMs / 1000} s`,
      'Check that the server runs, that TEMPORAL_ADDRESS (or the address in temporal.toml) is right, and that no firewall drops the packets.',
      { cause: error },
    );
  }
}
