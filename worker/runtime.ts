import { createServer } from 'node:net';
import { Runtime } from '@temporalio/worker';
import { type Logger, temporalLogger } from './log/logger.ts';

/** A port on 127.0.0.1 that was free a moment ago. */
function freeLoopbackPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Installs the SDK's native runtime: its logs go to our logger, its metrics to a loopback port whose URL is returned, for
 * the operations listener to pass on. Once per process, before anything of the SDK starts.
 */
export async function installRuntime(logger: Logger): Promise<string> {
  const port = await freeLoopbackPort();
  Runtime.install({
    logger: temporalLogger(logger),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'INFO', other: 'WARN' } },
      metrics: { prometheus: { bindAddress: `127.0.0.1:${port}` } },
    },
    // Signals are handled in main.ts, in an order of its own: stop listening first, then drain.
    shutdownSignals: [],
  });
  return `http://127.0.0.1:${port}/metrics`;
}
