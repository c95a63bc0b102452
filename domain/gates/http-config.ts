import * as z from 'zod';
import { mapping } from '../application/parse-mapping.ts';
import * as value from '../application/parse-values.ts';
import { parseDuration } from '../duration.ts';
import { describeValue } from '../plain.ts';
import { placeholderProblem } from './placeholders.ts';
import type { HttpAuth, SecretKey } from './types.ts';

/** How long one request may take, from the look-up of the name to the last byte of the answer; `10s` without it. */
export const timeout = value
  .text('a duration such as 10s', (text) => {
    const read = value.duration(1_000, 60_000, 'between 1s and 1m').safeParse(text);
    return read.success ? undefined : read.error.issues[0]?.message;
  })
  .default('10s');

/** Milliseconds of a text that `timeout` has read. */
export function timeoutMsOf(text: string): number {
  return parseDuration(text) ?? 10_000;
}

const mostHeaders = 20;
const mostUrl = 2_048;

/** Headers that say how the request is framed, or where it goes. */
const reserved = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'expect',
  'upgrade',
]);
const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key']);

/** An entry of a Secret in the DaemonSet's namespace. */
export const secretKey: z.ZodType<SecretKey> = mapping('a mapping such as {secret: prometheus, key: token}', {
  secret: value.text('the name of a Secret', (text) =>
    /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text) ? undefined : `${describeValue(text)} is no name of a Secret`,
  ),
  key: value.text('a key of the Secret', (text) =>
    /^[-\w.]{1,253}$/.test(text) ? undefined : `${describeValue(text)} is no key of a Secret`,
  ),
});

const headerValue = value.text('the value of a header', (text) =>
  /^[\x20-\x7e]{0,1024}$/.test(text) ? undefined : 'expected at most 1024 printable ASCII characters in one line',
);

const userName = value.text('a user name', (text) =>
  /^[\x20-\x39\x3b-\x7e]{1,256}$/.test(text)
    ? undefined
    : 'expected at most 256 printable ASCII characters without ":"',
);

const serverName = value.text('the name in the certificate', (text) =>
  /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/i.test(text) ? undefined : `${describeValue(text)} is no name of a server`,
);

/** Headers that stand in the policy as they are. */
export const headers: z.ZodType<Record<string, string>> = named(
  'a mapping such as {X-Scope-OrgID: team-a}',
  headerValue,
  true,
);

/** Credentials and TLS, all by reference. */
export const auth: z.ZodType<HttpAuth> = mapping('a mapping with bearer, basic, headers, ca or serverName', {
  bearer: secretKey.optional(),
  basic: mapping('a mapping with username and password', { username: userName, password: secretKey }).optional(),
  headers: named('a mapping such as {X-Api-Key: {secret: probe, key: token}}', secretKey, false).optional(),
  ca: secretKey.optional(),
  serverName: serverName.optional(),
}).superRefine((given, context) => {
  const own = Object.keys(given.headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
  const ways = [given.bearer !== undefined, given.basic !== undefined, own].filter(Boolean).length;
  if (ways < 2) return;
  context.addIssue({
    code: 'custom',
    message: 'has more than one of bearer, basic and an Authorization header; write one',
  });
});

/** What is wrong with headers and credentials together: a header that both set; undefined when nothing is. */
export function clash(given: { headers?: Record<string, string>; auth?: HttpAuth }): string | undefined {
  const plain = new Set(Object.keys(given.headers ?? {}).map((name) => name.toLowerCase()));
  const both = Object.keys(given.auth?.headers ?? {}).find((name) => plain.has(name.toLowerCase()));
  return both === undefined ? undefined : `sets ${both}, which auth.headers sets too; write one of them`;
}

/** An absolute address without credentials and fragment, placeholders allowed. */
export const address = value.text('an address such as https://prometheus.monitoring.svc:9090', (text) => {
  const unknown = placeholderProblem(text, ['node', 'pod', 'namespace', 'daemonset', 'cluster', 'commit']);
  if (unknown !== undefined) return unknown;
  if (text.length > mostUrl) return `has ${text.length} characters; expected at most ${mostUrl}`;
  // Names of Kubernetes keep an address what it is.
  const url = URL.parse(text.replace(/\{\{[^{}]*\}\}/g, 'x'));
  if (url === null || !/^https?:\/\//i.test(text)) {
    return `${describeValue(text)} is no address; expected one such as https://prometheus.monitoring.svc:9090`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'has credentials in it, which everybody could read; put them into a Secret and name it under auth';
  }
  return url.hash === '' ? undefined : 'has a fragment (#), which is never sent; remove it';
});

function named<T>(what: string, entry: z.ZodType<T>, plain: boolean): z.ZodType<Record<string, T>> {
  return z
    .record(z.string(), entry, { error: (issue) => `expected ${what}, got ${describeValue(issue.input)}` })
    .superRefine((given, context) => {
      const seen = new Set<string>();
      for (const name of Object.keys(given)) {
        const problem = headerProblem(name, plain) ?? (seen.has(name.toLowerCase()) ? 'is there twice' : undefined);
        if (problem !== undefined) context.addIssue({ code: 'custom', path: [name], message: problem });
        seen.add(name.toLowerCase());
      }
      if (seen.size > mostHeaders) {
        context.addIssue({ code: 'custom', message: `has ${seen.size} headers; expected at most ${mostHeaders}` });
      }
    });
}

function headerProblem(name: string, plain: boolean): string | undefined {
  const lower = name.toLowerCase();
  if (!/^[!#$%&'*+\-.^_`|~\w]{1,128}$/.test(name)) return 'is no name of a header';
  if (reserved.has(lower)) return 'is set by Nodewave itself; remove it';
  return plain && secretHeaders.has(lower)
    ? 'is a credential, which everybody could read here; put it into a Secret and name it under auth'
    : undefined;
}
