import type { Logger as TemporalLogger } from '@temporalio/common';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from '../config.ts';

export type { Logger } from 'pino';

/** Makes the process's one logger: a JSON object a line on standard output, or to `destination`. */
export function createLogger(
  settings: { logLevel: LogLevel; identity: string },
  destination?: DestinationStream,
): Logger {
  const options = {
    level: settings.logLevel,
    base: { identity: settings.identity },
    timestamp: stdTimeFunctions.isoTime,
    messageKey: 'message',
    formatters: { level: (label: string) => ({ level: label }) },
    // Headers carry signatures and tokens; whoever logs a request by mistake must not leak them.
    redact: { paths: ['headers', 'req.headers', '*.headers', 'secret', '*.secret'], censor: '***' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

type Level = keyof typeof levels;

/** Lets the Temporal SDK, its native part and workflow and activity code write to our logger. */
export function temporalLogger(logger: Logger): TemporalLogger {
  const log = (level: Level, message: string, meta: Record<string | symbol, unknown> = {}): void => {
    // Attributes under symbols belong to the SDK; an error must be under `err` for pino to print its stack.
    const { error, ...attributes } = Object.fromEntries(Object.entries(meta));
    logger[levels[level]]({ ...attributes, ...(error === undefined ? {} : { err: error }) }, message);
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}
