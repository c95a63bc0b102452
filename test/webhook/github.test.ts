import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { githubHeaders, githubPush, startReceiver, type TestReceiver } from './receiver.ts';

const secret = 'it is a secret to everybody';
const repository = 'https://git.example.com/platform/agents';
const body = githubPush(repository);
let server: TestReceiver;

beforeAll(async () => {
  server = await startReceiver((file) => ({
    main: { provider: 'github', secretFile: file('main', `${secret}\n`) },
    limited: {
      provider: 'github',
      secretFile: file('limited', secret),
      repositories: ['https://git.example.com/web/*'],
    },
  }));
});
afterAll(() => server.stop());
beforeEach(() => {
  server.applications = [
    { name: 'agents-eu', repo: 'git@git.example.com:Platform/agents.git' },
    { name: 'agents-us', repo: 'https://GIT.example.com:443/platform/agents/' },
    { name: 'other', repo: 'https://git.example.com/platform/other' },
  ];
  server.told.length = 0;
  server.lines.length = 0;
  server.temporalAway = false;
});

const push = (headers: Record<string, string>, content: string | Buffer = body, receiver = 'main') =>
  server.post(`/webhooks/github/${receiver}`, content, headers);

describe('signatures', () => {
  const good = githubHeaders(body, secret);
  const signature = good['x-hub-signature-256'] ?? '';
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

  test('a right one is accepted and every application of the repository is told once', async () => {
    const answer = await push(good);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ accepted: true, applications: ['agents-eu', 'agents-us'] });
    const changed = {
      deliveryId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      source: 'webhook/github/main',
      refs: ['refs/heads/main'],
    };
    expect(server.told).toEqual([
      { application: 'agents-eu', changed },
      { application: 'agents-us', changed },
    ]);
  });

  test.each([
    ['missing', without('x-hub-signature-256'), 'X-Hub-Signature-256 is missing'],
    ['of another secret', githubHeaders(body, 'wrong'), 'the signature is wrong'],
    ['cut short', { ...good, 'x-hub-signature-256': signature.slice(0, -2) }, 'the signature is wrong'],
    ['only a prefix', { ...good, 'x-hub-signature-256': 'sha256=' }, 'the signature is wrong'],
    ['of another body', githubHeaders(`${body} `, secret), 'the signature is wrong'],
    [
      'SHA-1 only',
      {
        ...without('x-hub-signature-256'),
        'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
      },
      'X-Hub-Signature (SHA-1) is not accepted',
    ],
    [
      'SHA-1 under the name of the new header',
      { ...good, 'x-hub-signature-256': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}` },
      'the signature is wrong',
    ],
  ])('%s: 401, and nobody is told', async (_name, headers, error) => {
    const answer = await push(headers);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ error: expect.stringContaining(error) });
    expect(server.told).toEqual([]);
  });

  test('the bytes count, not the text that they look like', async () => {
    const replaced = Buffer.from(body.replace('refs/heads/main', 'refs/heads/\ufffd'));
    const invalid = Buffer.from(replaced.toString('latin1').replace('\u00ef\u00bf\u00bd', '\u00ff'), 'latin1');
    expect((await push(githubHeaders(replaced, secret), replaced)).status).toBe(202);
    expect((await push(githubHeaders(replaced, secret), invalid)).status).toBe(401);
  });

  test('no body at all is refused', async () => {
    expect((await push(githubHeaders('', secret), '')).status).toBe(401);
  });
});

describe('where a request may go', () => {
  test('a receiver that does not exist is 404', async () => {
    expect((await push(githubHeaders(body, secret), body, 'nope')).status).toBe(404);
  });

  test("the path picks the scheme: a receiver of GitHub's is none under generic", async () => {
    const answer = await server.post('/webhooks/generic/main', body, githubHeaders(body, secret));
    expect(answer.status).toBe(404);
  });

  test('a receiver speaks only for its repositories', async () => {
    const answer = await push(githubHeaders(body, secret), body, 'limited');
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ applications: [], note: expect.stringContaining('may not speak for') });
    expect(server.told).toEqual([]);
  });
});

describe('bodies', () => {
  test('a form body gets 415 with what to set', async () => {
    const form = `payload=${encodeURIComponent(body)}`;
    const answer = await push(
      { ...githubHeaders(form, secret), 'content-type': 'application/x-www-form-urlencoded' },
      form,
    );
    expect(answer.status).toBe(415);
    expect(await answer.json()).toEqual({ error: expect.stringContaining('application/json') });
  });

  test('more than 1 MiB gets 413, told by its length or not', async () => {
    const large = JSON.stringify({ ref: 'x'.repeat(1_048_576) });
    expect((await push(githubHeaders(large, secret), large)).status).toBe(413);
    const chunked = await fetch(`${server.url}/webhooks/github/main`, {
      method: 'POST',
      headers: githubHeaders(large, secret),
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect(server.told).toEqual([]);
  });

  test.each([
    ['not JSON', '{'],
    ['no repository', '{"ref":"refs/heads/main"}'],
    ['no ref', '{"repository":{}}'],
    ['wrong types', '{"ref":1,"repository":[]}'],
    ['an array', '[]'],
  ])('%s, signed: 400', async (_name, content) => {
    expect((await push(githubHeaders(content, secret), content)).status).toBe(400);
    expect(server.told).toEqual([]);
  });
});

describe('events and matching', () => {
  test('a ping is accepted and starts nothing', async () => {
    const ping = '{"zen":"Keep it logically awesome."}';
    const answer = await push({ ...githubHeaders(ping, secret), 'x-github-event': 'ping' }, ping);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ accepted: true, applications: [] });
  });

  test('a repository that nobody follows is accepted, told to nobody and logged', async () => {
    const content = githubPush('https://git.example.com/platform/unknown');
    const answer = await push(githubHeaders(content, secret), content);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ accepted: true, applications: [] });
    expect(server.lines).toContainEqual(
      expect.objectContaining({ result: 'noMatch', repository: 'https://git.example.com/platform/unknown.git' }),
    );
  });

  test('an application whose repository nobody can say now is told as well', async () => {
    server.applications = [{ name: 'silent', repo: null }];
    // The list is kept for two seconds: another receiver's first request reads it anew.
    const fresh = await startReceiver((file) => ({ main: { provider: 'github', secretFile: file('main', secret) } }));
    fresh.applications = [{ name: 'silent', repo: null }];
    try {
      const answer = await fresh.post('/webhooks/github/main', body, githubHeaders(body, secret));
      expect(await answer.json()).toEqual({ accepted: true, applications: ['silent'] });
    } finally {
      await fresh.stop();
    }
  });

  test('an application made just before the push is found', async () => {
    await push(githubHeaders(body, secret));
    server.applications = [...server.applications, { name: 'new', repo: 'https://git.example.com/platform/new' }];
    const content = githubPush('https://git.example.com/platform/new');
    const answer = await push(githubHeaders(content, secret), content);
    expect(await answer.json()).toMatchObject({ applications: expect.arrayContaining(['new']) });
  });

  test('each told application has a log line with commit and delivery', async () => {
    await push(githubHeaders(body, secret));
    expect(server.lines).toContainEqual(
      expect.objectContaining({
        level: 'info',
        application: 'agents-eu',
        commit: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
        deliveryId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      }),
    );
    expect(JSON.stringify(server.lines)).not.toContain(secret);
  });
});

test('while Temporal is away the answer is 503 with Retry-After, and not 202', async () => {
  server.temporalAway = true;
  const answer = await push(githubHeaders(body, secret));
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('5');
  server.temporalAway = false;
  expect((await push(githubHeaders(body, secret))).status).toBe(202);
});

test('requests and results are counted', async () => {
  const text = await server.metrics.text();
  expect(text).toContain('nodewave_webhooks_total{provider="github",receiver="main",result="badSignature"}');
  expect(text).toContain('nodewave_http_requests_total{path="/webhooks/github/:receiver",method="POST",status="202"}');
});
