import { ConfigError } from './config-error.ts';

/** Where a server listens. Port 0 takes a free one. */
export interface ListenAddress {
  host: string;
  port: number;
}

/** Reads `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (all addresses). Throws ConfigError. */
export function parseAddress(variable: string, text: string): ListenAddress {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new ConfigError(
      `${variable} is "${text}"; expected HOST:PORT, e.g. 0.0.0.0:8080, or :8080 for all addresses`,
    );
  }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

/** Reads a whole number within limits. Throws ConfigError. */
export function parseInteger(variable: string, text: string, limits: { min: number; max: number }): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= limits.min && value <= limits.max)) {
    throw new ConfigError(`${variable} is "${text}"; expected a whole number from ${limits.min} to ${limits.max}`);
  }
  return value;
}

/** Reads one of a few words. Throws ConfigError. */
export function parseWord<const Word extends string>(variable: string, text: string, words: readonly Word[]): Word {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new ConfigError(`${variable} is "${text}"; expected ${words.join(', ')}`);
  return word;
}
