import type { HttpAuth, SecretKey } from '../../domain/gates/types.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { paths } from '../cluster/paths.ts';

/** The value of an entry, or why there is none. */
export type SecretValue = { value: string } | { problem: string };

/** Reads entries of Secrets. */
export interface SecretReader {
  read(key: SecretKey, signal: AbortSignal): Promise<SecretValue>;
  /** What one of them held was refused, so it may have been changed: all are read again soon. */
  doubt(): void;
}

/** What a request carries of its `HttpAuth`. */
export interface Credentials {
  headers: Record<string, string>;
  /** PEM. */
  ca?: string;
  serverName?: string;
  /** Every value that must not be seen, longest first. */
  hidden: string[];
}

type Data = Map<string, string> | { problem: string };

const keepMs = 5 * 60_000;
/** A Secret or key that is missing, or whose value was refused, is asked for again soon, and not with every measurement. */
const keepProblemMs = 30_000;

/**
 * Secrets of one namespace. Each is read at most once in five minutes, whatever the number of gates and measurements, so that gates
 * ask the API server for next to nothing. No sentence has a value in it.
 * @param nowMs a clock, in milliseconds; only differences count
 */
export function createSecretReader(
  client: Pick<ClusterClient, 'get'>,
  namespace: string,
  nowMs: () => number = () => performance.now(),
): SecretReader {
  const kept = new Map<string, { atMs: number; data: Data; doubted?: true }>();
  const running = new Map<string, Promise<Data>>();
  const load = async ({ secret, key }: SecretKey, signal: AbortSignal): Promise<Data> => {
    const before = kept.get(secret);
    const found = before !== undefined && !('problem' in before.data) && Boolean(before.data.get(key));
    const goodForMs = found && before.doubted !== true ? keepMs : keepProblemMs;
    if (before !== undefined && nowMs() - before.atMs < goodForMs) return before.data;
    const data = await readSecret(client, namespace, secret, signal);
    kept.set(secret, { atMs: nowMs(), data });
    return data;
  };
  /** The requests of one measurement run at the same time, and want the same Secret. */
  const loadOnce = async (key: SecretKey, signal: AbortSignal): Promise<Data> => {
    const { secret } = key;
    const other = running.get(secret);
    // One that failed was given up by somebody else.
    const data = other === undefined ? undefined : await other.catch(() => undefined);
    if (data !== undefined) return data;
    const own = load(key, signal).finally(() => running.delete(secret));
    running.set(secret, own);
    return await own;
  };
  return {
    async read({ secret, key }, signal) {
      const data = await loadOnce({ secret, key }, signal);
      if ('problem' in data) return data;
      const value = data.get(key);
      if (value !== undefined && value !== '') return { value };
      const there = [...data.keys()].sort().slice(0, 5).join(', ');
      const what = value === '' ? `key ${key} is empty` : `there is no key ${key} (there is ${there || 'none'})`;
      return { problem: `Secret ${namespace}/${secret}: ${what}` };
    },
    doubt: () => {
      for (const entry of kept.values()) entry.doubted = true;
    },
  };
}

/** Reads everything that an `HttpAuth` names; the first entry that is missing is the problem. */
export async function credentialsOf(
  auth: HttpAuth | undefined,
  secrets: SecretReader,
  signal: AbortSignal,
): Promise<Credentials | { problem: string }> {
  const headers: Record<string, string> = {};
  const hidden: string[] = [];
  const problems: string[] = [];
  const take = async (key: SecretKey, use: (value: string) => void): Promise<void> => {
    const read = await secrets.read(key, signal);
    if ('problem' in read) problems.push(read.problem);
    else use(read.value);
  };
  const header = (key: SecretKey, name: string, make: (value: string) => string) =>
    take(key, (value) => {
      // Files end in a newline, and with them what `kubectl create secret --from-file` made of them.
      const trimmed = value.replace(/[\r\n]+$/, '');
      if (!/^[\x20-\x7e]+$/.test(trimmed)) {
        problems.push(
          `key ${key.key} of Secret ${key.secret} cannot be a header: it is not one line of printable ASCII`,
        );
        return;
      }
      headers[name] = make(trimmed);
      hidden.push(trimmed, headers[name]);
    });
  const { bearer, basic, headers: named = {}, ca, serverName } = auth ?? {};
  if (bearer !== undefined) await header(bearer, 'authorization', (token) => `Bearer ${token}`);
  if (basic !== undefined) {
    await header(basic.password, 'authorization', (password) => {
      const pair = Buffer.from(`${basic.username}:${password}`).toString('base64');
      hidden.push(pair);
      return `Basic ${pair}`;
    });
  }
  for (const [name, key] of Object.entries(named)) await header(key, name, (value) => value);
  let pem: string | undefined;
  if (ca !== undefined) {
    await take(ca, (value) => {
      if (value.includes('-----BEGIN CERTIFICATE-----')) pem = value;
      else problems.push(`key ${ca.key} of Secret ${ca.secret} holds no certificate in PEM`);
    });
  }
  if (problems[0] !== undefined) return { problem: problems[0] };
  return {
    headers,
    ...(pem === undefined ? {} : { ca: pem }),
    ...(serverName === undefined ? {} : { serverName }),
    hidden: hidden.sort((a, b) => b.length - a.length),
  };
}

async function readSecret(
  client: Pick<ClusterClient, 'get'>,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Data> {
  try {
    const found = await client.get<{ data?: Record<string, string> }>(paths.secret(namespace, name), { signal });
    if (found === null) return { problem: `Secret ${namespace}/${name} does not exist` };
    const entries = Object.entries(found.data ?? {});
    return new Map(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `Secret ${namespace}/${name} cannot be read: ${why}` };
  }
}
