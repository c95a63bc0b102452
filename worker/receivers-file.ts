import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import { type Provider, providers } from './webhook/provider.ts';
import { readSecret } from './webhook/secret.ts';

/** One webhook address: who may call it and for which repositories. */
export interface ReceiverConfig {
  provider: Provider;
  secretFile: string;
  /** Still accepted while a secret is being changed. */
  previousSecretFile?: string;
  /** Repositories that this receiver may speak for; `*` stands for anything. Without it all. */
  repositories?: string[];
}

const variable = 'NODEWAVE_RECEIVERS_FILE';
const name = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const keys = ['receivers', 'provider', 'secretFile', 'previousSecretFile', 'repositories'];
const path = (what: string) => z.string(`expected the path of ${what}`).min(1, `expected the path of ${what}`);

const entrySchema = z.strictObject(
  {
    provider: z.enum(providers, 'expected github, generic or ci'),
    secretFile: path('a file that holds the secret; a receiver without one would accept anybody'),
    previousSecretFile: path('a file that holds the previous secret').optional(),
    repositories: z
      .array(z.string('expected a repository URL'), 'expected a list of repository URLs')
      .min(1, 'expected at least one repository; leave the key out to allow all')
      .optional(),
  },
  'expected {provider: github | generic | ci, secretFile: PATH}',
);
const fileSchema = z.strictObject(
  { receivers: z.record(z.string(), entrySchema, 'expected a map of receiver names') },
  'expected "receivers:" with an entry for each receiver',
);

/**
 * Reads the receivers file and makes sure that every secret is there: a receiver without a secret stops the start.
 * Relative paths start at the file's own folder. Throws ConfigError.
 */
export function readReceiversFile(file: string): Record<string, ReceiverConfig> {
  const { value, place } = readConfigFile(variable, file, fileSchema, keys);
  const receivers: Record<string, ReceiverConfig> = {};
  for (const [receiver, entry] of Object.entries(value.receivers)) {
    const refuse = (key: string, message: string): ConfigError =>
      new ConfigError(
        `${variable}: ${place(['receivers', receiver, key])}: receivers.${receiver}${key === '' ? '' : `.${key}`}: ${message}`,
      );
    if (!name.test(receiver)) throw refuse('', 'expected small letters, digits and "-", at most 63 of them');
    const resolved: ReceiverConfig = { ...entry, secretFile: resolve(dirname(file), entry.secretFile) };
    if (entry.previousSecretFile !== undefined) {
      resolved.previousSecretFile = resolve(dirname(file), entry.previousSecretFile);
    }
    for (const key of ['secretFile', 'previousSecretFile'] as const) {
      const secretFile = resolved[key];
      if (secretFile === undefined) continue;
      const secret = readSecret(secretFile, entry.provider);
      // A previous secret that is gone means that its time is over, and must not stop a restart at night.
      if ('problem' in secret && !(secret.absent && key === 'previousSecretFile')) throw refuse(key, secret.problem);
    }
    receivers[receiver] = resolved;
  }
  if (Object.keys(receivers).length === 0) {
    throw new ConfigError(`${variable}: ${file} names no receiver; add one under "receivers:"`);
  }
  return receivers;
}
