import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { searchAttributeNames } from '../../domain/ids.ts';
import { pathOf, type ToolPaths } from '../tools/ensure.ts';
import { freePort, returnPort } from './ports.ts';
import { lastLines, type ManagedProcess, startProcess } from './process.ts';
import { waitFor } from './wait.ts';

const attributes: readonly string[] = Object.values(searchAttributeNames);

/** How a Temporal dev server is started. */
export interface TemporalOptions {
  /** The stack's folder; the log goes to its logs folder. */
  dir: string;
  tools: ToolPaths;
  /** Database file, kept over restarts; without it everything is in memory and lost. */
  dbFile?: string;
  /** Port where it is free; 7233 is what clients expect. */
  port?: number;
  /** Port of the web UI where it is free; no web UI without it. */
  uiPort?: number;
  /** Dynamic configuration, e.g. `{'limit.historyCount.suggestContinueAsNew': 40}`. */
  dynamicConfig?: Readonly<Record<string, string | number | boolean>>;
  /** Called as soon as the process exists, so that it is written down before it serves. */
  onStart?: (child: ManagedProcess) => void;
}

/** A running Temporal dev server. */
export interface Temporal {
  /** host:port of the gRPC frontend, as TEMPORAL_ADDRESS takes it. */
  address: string;
  namespace: 'default';
  /** URL of the web UI, when it was asked for. */
  uiUrl: string | undefined;
  /** The server's process; stop it by `stop` below, which gives its ports back. */
  process: ManagedProcess;
  stop(): Promise<void>;
}

/** Workflows are accepted once the namespace is there and every search attribute is known to it. */
async function serves(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' });
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    return attributes.every((name) => customAttributes?.[name] !== undefined);
  } finally {
    await connection.close();
  }
}

function serverArgs(options: TemporalOptions, port: number, uiPort: number | undefined): string[] {
  const pragmas = ['journal_mode=wal', 'synchronous=normal'];
  return [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${port}`,
    '--log-format=json',
    '--log-level=warn',
    ...(uiPort === undefined ? ['--headless'] : [`--ui-port=${uiPort}`]),
    ...(options.dbFile === undefined
      ? []
      : [`--db-filename=${options.dbFile}`, ...pragmas.map((pragma) => `--sqlite-pragma=${pragma}`)]),
    ...attributes.map((name) => `--search-attribute=${name}=Keyword`),
    ...Object.entries(options.dynamicConfig ?? {}).map(
      ([key, value]) => `--dynamic-config-value=${key}=${JSON.stringify(value)}`,
    ),
  ];
}

/**
 * Starts a Temporal dev server on 127.0.0.1 and returns when it accepts workflows with all search attributes. It dies
 * with this process. Throws with the end of its log when it ends before it serves.
 */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  const port = await freePort(options.port);
  const uiPort = options.uiPort === undefined ? undefined : await freePort(options.uiPort);
  const logFile = join(options.dir, 'logs', 'temporal.log');
  const child = await startProcess({
    name: 'temporal',
    command: pathOf(options.tools, 'temporal'),
    args: serverArgs(options, port, uiPort),
    logFile,
  });
  options.onStart?.(child);
  const address = `127.0.0.1:${port}`;
  let endedEarly = false;
  void child.ended.then(() => {
    endedEarly = true;
  });
  const started = await waitFor(async () => endedEarly || (await serves(address)), {
    timeoutMs: 60_000,
    everyMs: 50,
    what: `Temporal to serve at ${address} (log: ${logFile})`,
  }).then(() => !endedEarly);
  if (!started)
    throw new Error(`the Temporal dev server ended at once; its log (${logFile}) ends:\n${lastLines(logFile)}`);
  return {
    address,
    namespace: 'default',
    uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`,
    process: child,
    stop: async () => {
      await child.stop();
      for (const used of [port, uiPort]) if (used !== undefined) returnPort(used);
    },
  };
}
