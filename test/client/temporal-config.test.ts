import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClientError, type Environment, loadTemporalConfig } from '../../client/index.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nodewave-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

// A home of its own: the machine may have a temporal.toml.
const load = (env: Environment) => loadTemporalConfig({ HOME: folder, XDG_CONFIG_HOME: folder, ...env });

function refusal(env: Environment): ClientError {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
  throw new Error('it was expected to be refused');
}

test('nothing set means the local server and namespace default', () => {
  expect(load({})).toMatchObject({ address: 'localhost:7233', namespace: 'default' });
});

test('address and namespace come from the environment', () => {
  const config = load({ TEMPORAL_ADDRESS: 'temporal.example.com:7233', TEMPORAL_NAMESPACE: 'delivery' });
  expect(config).toMatchObject({ address: 'temporal.example.com:7233', namespace: 'delivery' });
});

test('a profile of temporal.toml gives address and namespace', () => {
  const file = join(folder, 'my.toml');
  writeFileSync(file, '[profile.prod]\naddress = "t.example.com:1"\nnamespace = "delivery"\n');
  const config = load({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' });
  expect(config).toMatchObject({ address: 't.example.com:1', namespace: 'delivery' });
});

describe('settings that would silently do something else are refused', () => {
  test.each([
    [{ TEMPORAL_TLS: 'TRUE' }, 'TEMPORAL_TLS is "TRUE", which would be read as "off"', 'TEMPORAL_TLS=true'],
    [
      { TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'true' },
      'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is set and has no effect here',
      'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
    ],
    [
      { TEMPORAL_CODEC_ENDPOINT: 'http://codec' },
      'TEMPORAL_CODEC_ENDPOINT is set and has no effect here',
      'without that codec',
    ],
    [
      { TEMPORAL_CONFIG_FILE: '/nope/temporal.toml' },
      'TEMPORAL_CONFIG_FILE names /nope/temporal.toml, which does not exist',
      'Correct the path.',
    ],
    [
      { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nope/tls.crt' },
      'a TEMPORAL_TLS_CLIENT_CERT is set without its key, so no client certificate would be sent',
      'TEMPORAL_TLS_CLIENT_KEY_PATH',
    ],
  ])('%j', (env, message, cure) => {
    const error = refusal(env);
    expect(error.kind).toBe('setup');
    expect(error.message).toBe(message);
    expect(error.cure).toContain(cure);
  });
});

test('a certificate that is not there is named', () => {
  const error = refusal({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nope/ca.crt' });
  expect(error.message).toContain('names the file /nope/ca.crt, which cannot be read');
});

test('a profile that is not there is named', () => {
  expect(refusal({ TEMPORAL_PROFILE: 'nope' }).message).toContain("Profile 'nope' not found");
});
