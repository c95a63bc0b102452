import { renameSync, writeFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { genericHeaders, startReceiver, type TestReceiver } from './receiver.ts';

const secret = 'raw secret of a CI system';
const standard = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const repository = 'https://git.example.com/platform/agents.git';
const body = JSON.stringify({ repository, ref: 'main' });
let server: TestReceiver;

beforeAll(async () => {
  server = await startReceiver((file) => ({
    ci: { provider: 'generic', secretFile: file('ci', secret) },
    standard: { provider: 'generic', secretFile: file('standard', standard) },
    rotating: {
      provider: 'generic',
      secretFile: file('rotating', 'new secret'),
      previousSecretFile: file('rotating-previous', 'old secret'),
    },
    limited: {
      provider: 'generic',
      secretFile: file('limited', secret),
      repositories: ['https://git.example.com/web/*'],
    },
  }));
});
afterAll(() => server.stop());
beforeEach(() => {
  server.applications = [
    { name: 'agents', repo: repository },
    { name: 'web', repo: 'https://git.example.com/web/shop' },
  ];
  server.told.length = 0;
});

const send = (headers: Record<string, string>, content = body, receiver = 'ci') =>
  server.post(`/webhooks/generic/${receiver}`, content, headers);

describe('signatures', () => {
  test('a raw secret, as openssl would use it', async () => {
    const answer = await send(genericHeaders(body, secret));
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ accepted: true, applications: ['agents'] });
    expect(server.told[0]?.changed).toEqual({
      deliveryId: 'msg_1',
      source: 'webhook/generic/ci',
      refs: ['refs/heads/main', 'refs/tags/main'],
    });
  });

  test('a whsec_ secret, as the library of Standard Webhooks signs', async () => {
    const now = new Date();
    const headers = {
      'content-type': 'application/json',
      'webhook-id': 'msg_p5',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': `v1,bm9wZQ== ${new Webhook(standard).sign('msg_p5', now, body)}`,
    };
    expect((await send(headers, body, 'standard')).status).toBe(202);
  });

  const good = genericHeaders(body, secret);
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
  test.each([
    ['no signature', without('webhook-signature'), 'webhook-signature is missing'],
    ['no id', without('webhook-id'), 'webhook-id is missing'],
    ['no timestamp', without('webhook-timestamp'), 'webhook-timestamp is missing'],
    ['another secret', genericHeaders(body, 'wrong'), 'the signature is wrong'],
    ['another id than was signed', { ...good, 'webhook-id': 'msg_2' }, 'the signature is wrong'],
    [
      'another time than was signed',
      { ...good, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 7) },
      'wrong',
    ],
    ['cut short', { ...good, 'webhook-signature': (good['webhook-signature'] ?? '').slice(0, -3) }, 'wrong'],
    ['only the version', { ...good, 'webhook-signature': 'v1,' }, 'wrong'],
    ['no version', { ...good, 'webhook-signature': (good['webhook-signature'] ?? '').slice(3) }, 'wrong'],
    ['stale', genericHeaders(body, secret, { atMs: Date.now() - 301_000 }), 'more than 5 minutes off'],
    ['from the future', genericHeaders(body, secret, { atMs: Date.now() + 900_000 }), 'more than 5 minutes off'],
    ['a time that is none', { ...good, 'webhook-timestamp': 'yesterday' }, 'not a number of seconds'],
  ])('%s: 401, and nobody is told', async (_name, headers, error) => {
    const answer = await send(headers);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ error: expect.stringContaining(error) });
    expect(server.told).toEqual([]);
  });

  test('a replay within the window is answered 202 and carries the same delivery id, by which it is dropped', async () => {
    const headers = genericHeaders(body, secret, { id: 'msg_replay' });
    expect((await send(headers)).status).toBe(202);
    expect((await send(headers)).status).toBe(202);
    expect(new Set(server.told.map((told) => told.changed.deliveryId))).toEqual(new Set(['msg_replay']));
  });
});

describe('secrets that change', () => {
  test('both are accepted until the previous one is emptied, and a new one counts at once', async () => {
    const rotating = (by: string) => send(genericHeaders(body, by), body, 'rotating');
    expect((await rotating('new secret')).status).toBe(202);
    expect((await rotating('old secret')).status).toBe(202);

    writeFileSync(server.secretFile('rotating-previous', ''), '');
    expect((await rotating('old secret')).status).toBe(401);

    // As a mounted secret changes: another file takes its place, with the same size here.
    renameSync(server.secretFile('next', 'NEW secret'), server.secretFile('rotating', 'new secret'));
    expect((await rotating('NEW secret')).status).toBe(202);
    expect((await rotating('new secret')).status).toBe(401);
  });

  test('a secret that was emptied closes the receiver instead of opening it', async () => {
    server.secretFile('ci', '');
    const answer = await send(genericHeaders(body, ''));
    expect(answer.status).toBe(503);
    server.secretFile('ci', secret);
    expect((await send(genericHeaders(body, secret))).status).toBe(202);
  });
});

describe('bodies', () => {
  test('an application alone is enough', async () => {
    const content = '{"application":"web"}';
    const answer = await send(genericHeaders(content, secret), content);
    expect(await answer.json()).toEqual({ accepted: true, applications: ['web'] });
    expect(server.told[0]?.changed.refs).toEqual([]);
  });

  test('an application that does not exist is told to the caller, and not created', async () => {
    const content = '{"application":"nope"}';
    const answer = await send(genericHeaders(content, secret), content);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ error: expect.stringContaining('there is no application "nope"') });
    expect(server.told).toEqual([]);
  });

  test('an application of a repository that the receiver may not speak for counts as none', async () => {
    const content = '{"application":"agents"}';
    expect((await send(genericHeaders(content, secret), content, 'limited')).status).toBe(404);
    const allowed = '{"application":"web"}';
    expect((await send(genericHeaders(allowed, secret), allowed, 'limited')).status).toBe(202);
  });

  test.each([
    ['neither repository nor application', '{"ref":"main"}'],
    ['an unknown key', '{"repo":"https://git.example.com/a/b"}'],
    ['wrong types', '{"repository":7}'],
    ['not JSON', 'ref=main'],
  ])('%s: 400', async (_name, content) => {
    const answer = await send(genericHeaders(content, secret), content);
    expect(answer.status).toBe(400);
    expect(server.told).toEqual([]);
  });
});
