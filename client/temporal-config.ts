import { existsSync } from 'node:fs';
import type { PayloadCodec } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { ClientError } from './client-error.ts';

/** Where Temporal is and how to talk to it; the same for CLI, worker and webhook server. */
export interface TemporalConfig {
  /** `host:port`, for sentences; also inside `connectionOptions`. */
  address: string;
  namespace: string;
  connectionOptions: NativeConnectionOptions;
  /** Applied to every payload, in this order on encode; all parts must be given the same ones. */
  payloadCodecs?: PayloadCodec[];
}

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The SDK's own default, made explicit so that sentences can name it. */
const defaultAddress = 'localhost:7233';
const truthValues = ['1', 'true', '0', 'false'];

// envconfig reads these and drops them without a word (1.24.0): a person who set one believes in a protection that is not there.
const ignoredVariables: Readonly<Record<string, string>> = {
  TEMPORAL_TLS_DISABLE_HOST_VERIFICATION:
    'Unset it and name the authority that signed the server certificate in TEMPORAL_TLS_SERVER_CA_CERT_PATH.',
  TEMPORAL_CODEC_ENDPOINT: 'Unset it: payloads would be written without that codec.',
  TEMPORAL_CODEC_AUTH: 'Unset it: payloads would be written without that codec.',
};

function checkVariables(env: Environment): void {
  const tls = env.TEMPORAL_TLS;
  if (tls !== undefined && !truthValues.includes(tls)) {
    throw new ClientError(
      'setup',
      `TEMPORAL_TLS is "${tls}", which would be read as "off"`,
      'Write TEMPORAL_TLS=true (or 1) for TLS, TEMPORAL_TLS=false (or 0) for none; small letters matter.',
    );
  }
  for (const [name, cure] of Object.entries(ignoredVariables)) {
    const value = env[name];
    if (value === undefined || value === '' || value === '0' || value === 'false') continue;
    throw new ClientError('setup', `${name} is set and has no effect here`, cure);
  }
  const file = env.TEMPORAL_CONFIG_FILE;
  if (file && !existsSync(file)) {
    throw new ClientError('setup', `TEMPORAL_CONFIG_FILE names ${file}, which does not exist`, 'Correct the path.');
  }
  const hasCert = Boolean(env.TEMPORAL_TLS_CLIENT_CERT_PATH || env.TEMPORAL_TLS_CLIENT_CERT_DATA);
  const hasKey = Boolean(env.TEMPORAL_TLS_CLIENT_KEY_PATH || env.TEMPORAL_TLS_CLIENT_KEY_DATA);
  if (hasCert !== hasKey) {
    throw new ClientError(
      'setup',
      `a TEMPORAL_TLS_CLIENT_${hasCert ? 'CERT' : 'KEY'} is set without its ${hasCert ? 'key' : 'certificate'}, so no client certificate would be sent`,
      `Set TEMPORAL_TLS_CLIENT_${hasCert ? 'KEY' : 'CERT'}_PATH as well.`,
    );
  }
}

function describeLoadFailure(error: unknown): ClientError {
  const message = error instanceof Error ? error.message : String(error);
  const path = error instanceof Error && 'path' in error ? String(error.path) : '';
  if (path !== '') {
    return new ClientError(
      'setup',
      `the Temporal connection names the file ${path}, which cannot be read: ${message}`,
      'Check TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH and TEMPORAL_TLS_SERVER_CA_CERT_PATH, or the same keys in temporal.toml.',
      { cause: error },
    );
  }
  return new ClientError(
    'setup',
    `the Temporal connection settings cannot be read: ${message}`,
    'Check the TEMPORAL_* variables, and the file in TEMPORAL_CONFIG_FILE (default ~/.config/temporalio/temporal.toml).',
    { cause: error },
  );
}

/**
 * Reads `TEMPORAL_*` variables and `temporal.toml` the way Temporal's own tools do, namespace included (default
 * `default`). Throws ClientError `setup` for a missing certificate, a bad file, and settings that would silently do nothing.
 */
export function loadTemporalConfig(env: Environment): TemporalConfig {
  checkVariables(env);
  const set = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])));
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: set });
    const address = connectionOptions.address ?? defaultAddress;
    return { address, namespace: namespace ?? 'default', connectionOptions: { ...connectionOptions, address } };
  } catch (error) {
    throw describeLoadFailure(error);
  }
}
