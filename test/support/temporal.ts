import { defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, type Logger, Runtime } from '@temporalio/worker';
import type { TemporalConfig } from '../../client/index.ts';
import { ensureTools, pathOf } from '../../dev/tools/ensure.ts';
import { searchAttributeNames } from '../../domain/ids.ts';

/** A Temporal dev server of one test file, in memory, on a free port of 127.0.0.1. */
export interface TestTemporal {
  /** The SDK's environment: client, connections, address. */
  env: TestWorkflowEnvironment;
  /** What `connect` and `startServices` take. */
  config: TemporalConfig;
  stop(): Promise<void>;
}

/** What a test may ask of the server. */
export interface TestTemporalOptions {
  namespace?: string;
  /** True (default) registers Nodewave's search attributes. */
  searchAttributes?: boolean;
  /** Where the SDK and workflow code log to; the first server of a test file decides. Errors on the console without it. */
  logger?: Logger;
  /** Further arguments of `temporal server start-dev`, e.g. a dynamic config value. */
  extraArgs?: string[];
}

/** Path of the pinned Temporal CLI, built when it is not there yet. */
export async function temporalBinary(): Promise<string> {
  return pathOf(await ensureTools(['temporal'], () => undefined), 'temporal');
}

let installed = false;

/** The SDK's own lines would drown a test's; errors still show. Once per process, before anything native starts. */
export function installRuntime(logger?: Logger): void {
  if (installed) return;
  installed = true;
  Runtime.install({ logger: logger ?? new DefaultLogger('ERROR') });
}

/** Starts a dev server; stop it in `afterAll`. */
export async function startTemporal(options: TestTemporalOptions = {}): Promise<TestTemporal> {
  installRuntime(options.logger);
  const namespace = options.namespace ?? 'default';
  const keys = Object.values(searchAttributeNames).map((name) => defineSearchAttributeKey(name, 'KEYWORD'));
  const env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: await temporalBinary() },
      namespace,
      searchAttributes: options.searchAttributes === false ? [] : keys,
      log: { format: 'json', level: 'error' },
      extraArgs: options.extraArgs ?? [],
    },
  });
  const config = { address: env.address, namespace, connectionOptions: { address: env.address } };
  return { env, config, stop: () => env.teardown() };
}
