import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { answerHttp } from '../../../activities/gates/answer-http.ts';
import type { SecretReader } from '../../../activities/gates/secrets.ts';
import { freePort, returnPort } from '../../../dev/stack/ports.ts';
import type { GateAnswer, GateRequest } from '../../../domain/gates/types.ts';
import { testAuthority } from '../../support/certificates.ts';

const servers: { close(): unknown; closeAllConnections?(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections?.();
    server.close();
  }
});

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const serving = async (listener: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listening(createServer(listener))}`;

const token = 'a-token-that-nobody-may-see';
const held: Record<string, string> = { token, password: 'hunter2-hunter2\n', short: 'abc' };
let doubted = 0;
const secrets: SecretReader = {
  read: async ({ secret, key }) => {
    const value = held[key];
    return value === undefined ? { problem: `Secret agents/${secret}: there is no key ${key}` } : { value };
  },
  doubt: () => {
    doubted += 1;
  },
};

type Asking = Partial<Extract<GateRequest, { form: 'http' }>>;

function ask(
  url: string,
  more: Asking = {},
  scope: { allowLocal?: boolean; signal?: AbortSignal } = {},
): Promise<GateAnswer> {
  return answerHttp(
    { form: 'http', url, method: 'GET', headers: {}, timeoutMs: 2_000, maxBytes: 64 * 1024, ...more },
    { secrets, allowLocal: true, signal: new AbortController().signal, ...scope },
  );
}

const problemOf = async (answer: Promise<GateAnswer>): Promise<string> => {
  const given = await answer;
  if (given.form !== 'problem') throw new Error(`expected a problem, got ${JSON.stringify(given).slice(0, 200)}`);
  return given.unanswered === true ? `unanswered: ${given.problem}` : given.problem;
};

const bearer = { bearer: { secret: 'probe', key: 'token' } };

describe('an answer', () => {
  test('comes with status, type and body, whatever the status', async () => {
    const url = await serving((_request, response) =>
      response.writeHead(500, { 'content-type': 'text/plain' }).end('oops'),
    );
    expect(await ask(url)).toEqual({ form: 'http', status: 500, contentType: 'text/plain', body: 'oops' });
  });

  test('a query is sent as a form, with headers of the policy and of Secrets', async () => {
    const seen: { method?: string; headers: IncomingMessage['headers']; body: string }[] = [];
    const url = await serving((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        seen.push({
          ...(request.method === undefined ? {} : { method: request.method }),
          headers: request.headers,
          body,
        });
        response.end('ok');
      });
    });
    const auth = {
      basic: { username: 'probe', password: { secret: 'probe', key: 'password' } },
      headers: { 'X-Token': { secret: 'probe', key: 'token' } },
    };
    await ask(`${url}/api/v1/query`, { method: 'POST', body: 'query=up', headers: { 'X-Scope-OrgID': 'a' }, auth });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        body: 'query=up',
        // The newline at the end of a file is none of the password.
        headers: { authorization: `Basic ${btoa('probe:hunter2-hunter2')}`, 'x-token': token, 'x-scope-orgid': 'a' },
      },
    ]);
    expect(seen[0]?.headers['accept-encoding']).toBeUndefined();
  });

  test('what a server repeats of the credentials is blotted out', async () => {
    const url = await serving((request, response) => response.end(`you sent ${request.headers.authorization}`));
    expect(await ask(url, { auth: bearer })).toMatchObject({ body: 'you sent ***' });
    const basic = { username: 'probe', password: { secret: 'probe', key: 'password' } };
    expect(JSON.stringify(await ask(url, { auth: { basic } }))).not.toContain(btoa('probe:hunter2-hunter2'));
  });

  test('a refusal of the credentials has them read anew', async () => {
    const url = await serving((_request, response) => response.writeHead(401).end());
    const before = doubted;
    await ask(url, { auth: bearer });
    expect(doubted).toBe(before + 1);
  });
});

describe('what goes wrong is said in a sentence', () => {
  test('nobody listens', async () => {
    const port = await freePort();
    try {
      expect(await problemOf(ask(`http://127.0.0.1:${port}`))).toBe(
        `unanswered: 127.0.0.1:${port} refused the connection: nothing listens there`,
      );
    } finally {
      returnPort(port);
    }
  });

  test('a name that does not resolve', async () => {
    expect(await problemOf(ask('http://prometheus.invalid:9090'))).toMatch(
      /^prometheus\.invalid:9090 has a name that (does not resolve|could not be resolved just now)$/,
    );
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['says nothing', () => undefined],
    ['stops in the middle of its headers', (response) => response.socket?.write('HTTP/1.1 200 OK\r\ncontent-')],
    ['stops in the middle of its body', (response) => response.writeHead(200).write('half of')],
  ])('a server that %s', async (_name, behave) => {
    const url = await serving((_request, response) => behave(response));
    const startedMs = performance.now();
    expect(await problemOf(ask(url, { timeoutMs: 300 }))).toMatch(
      /^unanswered: 127.0.0.1:\d+ did not answer within 0\.3 s$/,
    );
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  });

  test('a server that drips is slow too: the limit is for the whole answer', async () => {
    const url = await serving((_request, response) => {
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    });
    expect(await problemOf(ask(url, { timeoutMs: 400 }))).toContain('did not answer within 0.4 s');
  });

  test('10 MB are cut off, told by their length and while they arrive', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const flood = (length: boolean) =>
      serving((_request, response) => {
        response.writeHead(200, length ? { 'content-length': 10 * 1024 * 1024 } : {});
        sent = 0;
        const push = (): void => {
          while (sent < 160 && !response.destroyed) {
            sent += 1;
            if (!response.write(chunk)) return;
          }
          if (!response.destroyed) response.end();
        };
        response.on('drain', push);
        push();
      });
    const sentence = /^127.0.0.1:\d+ answered with more than 1 MiB \(HTTP 200\), which is not read$/;
    expect(await problemOf(ask(await flood(false), { maxBytes: 1024 * 1024 }))).toMatch(sentence);
    expect(sent).toBeLessThan(160);
    expect(await problemOf(ask(await flood(true), { maxBytes: 1024 * 1024 }))).toMatch(sentence);
  });

  test('compressed answers are not unpacked: nobody asked for one', async () => {
    const url = await serving((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'));
    expect(await problemOf(ask(url))).toContain('answered compressed (gzip)');
  });

  test('a connection that is closed, and a program that does not speak HTTP', async () => {
    const closing = await listening(createTcpServer((socket) => socket.destroy()));
    expect(await problemOf(ask(`http://127.0.0.1:${closing}`))).toMatch(
      /^unanswered: .* closed the connection without an answer$/,
    );
    const ssh = await listening(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')));
    expect(await problemOf(ask(`http://127.0.0.1:${ssh}`))).toMatch(/does not speak HTTP/);
  });

  test('a Secret or key that is missing, before anything is sent', async () => {
    let requests = 0;
    const url = await serving((_request, response) => {
      requests += 1;
      response.end();
    });
    const auth = { bearer: { secret: 'probe', key: 'nothing' } };
    expect(await problemOf(ask(url, { auth }))).toBe('Secret agents/probe: there is no key nothing');
    expect(requests).toBe(0);
  });

  test('no sentence has a credential in it', async () => {
    held['many-lines'] = `${token}\nsecond line`;
    const url = await serving((_request, response) => response.socket?.destroy());
    const sentences = await Promise.all([
      problemOf(ask(url, { auth: bearer })),
      problemOf(ask(url, { auth: { bearer: { secret: 'probe', key: 'many-lines' } } })),
      problemOf(ask(url, { auth: { ca: { secret: 'probe', key: 'token' } } })),
    ]);
    expect(sentences.join('\n')).not.toContain(token);
    expect(sentences[1]).toBe(
      'key many-lines of Secret probe cannot be a header: it is not one line of printable ASCII',
    );
    expect(sentences[2]).toBe('key token of Secret probe holds no certificate in PEM');
  });

  test('who gives up gets the own reason back', async () => {
    const url = await serving(() => undefined);
    const controller = new AbortController();
    const answer = ask(url, {}, { signal: controller.signal });
    controller.abort(new Error('the soak has ended'));
    await expect(answer).rejects.toThrow('the soak has ended');
  });
});

describe('redirects', () => {
  test('are followed on the same host, three times', async () => {
    const url = await serving((request, response) => {
      const hops = Number((request.url ?? '').slice(1));
      if (hops === 0) response.end('there');
      else response.writeHead(302, { location: `/${hops - 1}` }).end();
    });
    expect(await ask(`${url}/3`)).toMatchObject({ status: 200, body: 'there' });
    expect(await problemOf(ask(`${url}/4`))).toContain('redirects more than 3 times');
  });

  test('are never followed to another host or port, with or without credentials', async () => {
    const seen: unknown[] = [];
    const other = await serving((request, response) => {
      seen.push(request.headers);
      response.end('gotcha');
    });
    const url = await serving((request, response) =>
      response.writeHead(307, { location: request.url === '/host' ? 'http://localhost:1/' : `${other}/x` }).end(),
    );
    expect(await problemOf(ask(`${url}/port`, { auth: bearer }))).toContain(
      `redirects to ${other}, which is not followed`,
    );
    expect(await problemOf(ask(`${url}/host`, { auth: bearer }))).toContain(
      'redirects to http://localhost:1, which is not followed',
    );
    expect(seen).toEqual([]);
  });

  test('of a query are not followed where the query would be lost', async () => {
    const url = await serving((request, response) =>
      request.url === '/there'
        ? response.end('found')
        : response.writeHead(request.url === '/keep' ? 307 : 302, { location: '/there' }).end(),
    );
    expect(await problemOf(ask(`${url}/lose`, { method: 'POST', body: 'x' }))).toContain('not followed with a body');
    expect(await ask(`${url}/keep`, { method: 'POST', body: 'x' })).toMatchObject({ body: 'found' });
  });
});

describe('TLS', () => {
  const authority = testAuthority();
  const over = async (names: string[], daysLeft?: number): Promise<number> =>
    await listening(createTlsServer(authority.issue(names, daysLeft), (_request, response) => response.end('safe')));
  held.ca = authority.cert;
  const ca = { secret: 'probe', key: 'ca' };

  test('a certificate of the named authority verifies', async () => {
    expect(await ask(`https://127.0.0.1:${await over(['127.0.0.1'])}`, { auth: { ca } })).toMatchObject({
      body: 'safe',
    });
  });

  test('of an authority that nobody named it does not', async () => {
    const port = await over(['127.0.0.1']);
    expect(await problemOf(ask(`https://127.0.0.1:${port}`))).toBe(
      `the certificate of 127.0.0.1:${port} does not verify: its CA is not known; name it with auth.ca`,
    );
    held['other-ca'] = testAuthority('another').cert;
    const other = { ca: { secret: 'probe', key: 'other-ca' } };
    expect(await problemOf(ask(`https://127.0.0.1:${port}`, { auth: other }))).toContain('does not verify');
  });

  test('an expired one, and one for another name', async () => {
    expect(await problemOf(ask(`https://127.0.0.1:${await over(['127.0.0.1'], -1)}`, { auth: { ca } }))).toContain(
      'it has expired',
    );
    const url = `https://127.0.0.1:${await over(['prometheus.monitoring.svc'])}`;
    expect(await problemOf(ask(url, { auth: { ca } }))).toContain('it is for another name; set auth.serverName');
    const auth = { ca, serverName: 'prometheus.monitoring.svc' };
    expect(await ask(url, { auth })).toMatchObject({ body: 'safe' });
  });

  test('a port that speaks plain HTTP', async () => {
    const url = await serving((_request, response) => response.end());
    expect(await problemOf(ask(url.replace('http:', 'https:')))).toContain(
      'does not speak TLS on that port; is it http?',
    );
  });
});

describe('addresses of the machine itself', () => {
  test.each([
    'http://127.0.0.1:9',
    'http://127.9.9.9:9',
    'http://2130706433:9',
    'http://0x7f.1:9',
    'http://0.0.0.0:9',
    'http://[::1]:9',
    'http://[::]:9',
    'http://[::ffff:127.0.0.1]:9',
    'http://[64:ff9b::169.254.169.254]:9',
    'http://localhost:9',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fe80::1]:9',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
  ])('%s is not asked', async (url) => {
    expect(await problemOf(ask(url, {}, { allowLocal: false }))).toContain(
      'loopback or link-local address, which gates may not ask',
    );
  });

  test('others are: a refusal is for the address, not for the request', async () => {
    // TEST-NET-1, where nobody answers.
    expect(await problemOf(ask('http://192.0.2.1:9', { timeoutMs: 200 }, { allowLocal: false }))).not.toContain(
      'may not ask',
    );
  });
});

test('no proxy of the environment gets to see a request', async () => {
  const seen: string[] = [];
  const proxy = await serving((request, response) => {
    seen.push(request.url ?? '');
    response.end('proxied');
  });
  const url = await serving((_request, response) => response.end('direct'));
  const before = { ...process.env };
  Object.assign(process.env, { http_proxy: proxy, HTTP_PROXY: proxy, no_proxy: '', NO_PROXY: '' });
  try {
    expect(await ask(url)).toMatchObject({ body: 'direct' });
    expect(seen).toEqual([]);
  } finally {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});
