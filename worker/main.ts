import './memory.ts';
import { ClientError } from '../client/index.ts';
import { loadConfig, type ServicesConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { createLogger, type Logger } from './log/logger.ts';
import { startServices } from './services.ts';

/** Exit code for settings that must be changed first: restarting would not help. */
const badSettings = 2;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const logger = createLogger(config);
  const stopAsked = nextSignal(logger);
  // A stop during the start needs no drain: nothing was taken yet.
  const services = await Promise.race([start(config, logger), stopAsked.then(() => null)]);
  if (services === null) return;
  // One line that starters and tests wait for.
  logger.info({ ready: true, roles: config.roles, ...services.addresses }, 'ready');
  try {
    await Promise.race([stopAsked, services.failed]);
  } finally {
    await services.shutdown();
    logger.info('stopped');
  }
}

async function start(config: ServicesConfig, logger: Logger) {
  if (!config.roles.includes('worker')) return startServices(config, { logger });
  const { installRuntime } = await import('./runtime.ts');
  return startServices(config, { logger, runtimeMetricsUrl: await installRuntime(logger) });
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once, for whoever cannot wait. */
function nextSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (signal: 'SIGTERM' | 'SIGINT'): void => {
      if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
      asked = true;
      logger.info({ signal }, 'stopping; running activities may finish their step');
      resolve();
    };
    process.on('SIGTERM', () => stop('SIGTERM'));
    process.on('SIGINT', () => stop('SIGINT'));
  });
}

try {
  await main();
  process.exit(0);
} catch (error) {
  const known = error instanceof ConfigError || error instanceof ClientError;
  const cure = error instanceof ClientError ? error.cure : '';
  const facts = known ? { message: error.message, cure } : { message: String(error), err: describe(error) };
  process.stderr.write(`${JSON.stringify({ level: 'fatal', time: new Date().toISOString(), ...facts })}\n`);
  process.exit(known ? badSettings : 1);
}

function describe(error: unknown): object {
  return error instanceof Error ? { type: error.name, stack: error.stack } : {};
}
