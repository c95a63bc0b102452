import { describe, expect, test } from 'vitest';
import { createSecretReader, credentialsOf } from '../../../activities/gates/secrets.ts';

const never = new AbortController().signal;

/** An API server with these Secrets, and how often it was asked. */
function secretsWith(objects: Record<string, Record<string, string>>) {
  const asked: string[] = [];
  let nowMs = 0;
  const get = async <T>(path: string): Promise<T | null> => {
    asked.push(path);
    const data = objects[path.split('/').at(-1) ?? ''];
    if (data === undefined) return null;
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    return { data: Object.fromEntries(encoded) } as T;
  };
  const reader = createSecretReader({ get }, 'agents', () => nowMs);
  return {
    asked,
    reader,
    read: (secret: string, key: string) => reader.read({ secret, key }, never),
    later: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('Secrets', () => {
  test('one request serves all gates and measurements for five minutes', async () => {
    const { asked, read, later } = secretsWith({ probe: { token: 'abcd', user: 'ann' } });
    expect(await read('probe', 'token')).toEqual({ value: 'abcd' });
    expect(await read('probe', 'user')).toEqual({ value: 'ann' });
    later(299_999);
    await read('probe', 'token');
    expect(asked).toEqual(['/api/v1/namespaces/agents/secrets/probe']);
    later(1);
    await read('probe', 'token');
    expect(asked).toHaveLength(2);
  });

  test('requests at the same time share one', async () => {
    const { asked, read } = secretsWith({ probe: { token: 'abcd', user: 'ann' } });
    const both = await Promise.all([read('probe', 'token'), read('probe', 'user')]);
    expect(both).toEqual([{ value: 'abcd' }, { value: 'ann' }]);
    expect(asked).toHaveLength(1);
  });

  test('one whose value was refused is read anew, and not with every refusal', async () => {
    const { asked, read, reader, later } = secretsWith({ probe: { token: 'abcd' } });
    await read('probe', 'token');
    later(29_999);
    reader.doubt();
    await read('probe', 'token');
    expect(asked).toHaveLength(1);
    later(1);
    await read('probe', 'token');
    expect(asked).toHaveLength(2);
    later(30_000);
    await read('probe', 'token');
    expect(asked).toHaveLength(2);
  });

  test('a missing one is asked for again after half a minute', async () => {
    const { asked, read, later } = secretsWith({});
    const problem = { problem: 'Secret agents/probe does not exist' };
    expect(await read('probe', 'token')).toEqual(problem);
    later(29_999);
    expect(await read('probe', 'token')).toEqual(problem);
    expect(asked).toHaveLength(1);
    later(1);
    await read('probe', 'token');
    expect(asked).toHaveLength(2);
  });

  test('one without the key is read again after half a minute, too', async () => {
    const { asked, read, later } = secretsWith({ probe: { token: 'abcd' } });
    await read('probe', 'user');
    later(29_999);
    await read('probe', 'user');
    expect(asked).toHaveLength(1);
    later(1);
    await read('probe', 'user');
    expect(asked).toHaveLength(2);
  });

  test('a missing key is named, with those that are there, and no value', async () => {
    const { read } = secretsWith({ probe: { token: 'abcd-efgh', empty: '' } });
    expect(await read('probe', 'tokn')).toEqual({
      problem: 'Secret agents/probe: there is no key tokn (there is empty, token)',
    });
    expect(await read('probe', 'empty')).toEqual({ problem: 'Secret agents/probe: key empty is empty' });
  });
});

describe('credentials', () => {
  const at = (key: string) => ({ secret: 'probe', key });
  const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

  test('every part by reference', async () => {
    const { reader, asked } = secretsWith({ probe: { token: 'abcd\n', ca: pem, tenant: 'team-a' } });
    const auth = { bearer: at('token'), headers: { 'X-Tenant': at('tenant') }, ca: at('ca'), serverName: 'prometheus' };
    expect(await credentialsOf(auth, reader, never)).toEqual({
      headers: { authorization: 'Bearer abcd', 'X-Tenant': 'team-a' },
      ca: pem,
      serverName: 'prometheus',
      hidden: ['Bearer abcd', 'team-a', 'team-a', 'abcd'],
    });
    expect(asked).toHaveLength(1);
    expect(await credentialsOf(undefined, reader, never)).toEqual({ headers: {}, hidden: [] });
  });

  test('the first part that is missing is the problem', async () => {
    const { reader } = secretsWith({ probe: { token: 'abcd' } });
    expect(await credentialsOf({ bearer: at('token'), ca: at('ca.crt') }, reader, never)).toEqual({
      problem: 'Secret agents/probe: there is no key ca.crt (there is token)',
    });
  });
});
