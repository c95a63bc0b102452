import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ClientError } from '../../client/index.ts';
import { genericHeaders, startReceiver, type TestReceiver } from './receiver.ts';

const secret = 'raw secret of a CI system';
const repository = 'https://git.example.com/platform/agents.git';
const commit = '6113728f27ae82c7b1a177c8d03f9e96e0adf246';
const report = { type: 'report', commit, check: 'e2e-tests', outcome: 'passed', repository };
let server: TestReceiver;

beforeAll(async () => {
  server = await startReceiver((file) => ({
    e2e: { provider: 'ci', secretFile: file('e2e', secret) },
    web: { provider: 'ci', secretFile: file('web', secret), repositories: ['https://git.example.com/web/*'] },
    pushes: { provider: 'generic', secretFile: file('pushes', secret) },
  }));
});
afterAll(() => server.stop());
beforeEach(() => {
  server.applications = [
    { name: 'agents', repo: repository },
    { name: 'agents-staging', repo: 'git@git.example.com:platform/agents.git' },
    { name: 'web', repo: 'https://git.example.com/web/shop' },
  ];
  server.reported.length = 0;
  server.told.length = 0;
  server.failures.clear();
  server.temporalAway = false;
});

async function send(content: object | string, receiver = 'e2e', headers?: Record<string, string>) {
  const body = typeof content === 'string' ? content : JSON.stringify(content);
  const answer = await server.post(`/webhooks/ci/${receiver}`, body, headers ?? genericHeaders(body, secret));
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

test('a signed report reaches every application of the repository, and nobody is told that git has changed', async () => {
  const atMs = Date.now() - 30_000;
  const body = JSON.stringify({ ...report, commit: commit.toUpperCase(), url: 'https://ci.example.com/runs/7' });
  const answer = await send(body, 'e2e', genericHeaders(body, secret, { id: 'run-7', atMs }));
  expect(answer).toMatchObject({
    status: 202,
    body: { accepted: true, applications: ['agents', 'agents-staging'] },
  });
  expect(server.reported.map(({ application }) => application)).toEqual(['agents', 'agents-staging']);
  expect(server.reported[0]?.report).toEqual({
    deliveryId: 'run-7',
    commit,
    check: 'e2e-tests',
    outcome: 'passed',
    url: 'https://ci.example.com/runs/7',
    by: 'webhook/ci/e2e',
    // The signed time: a request that was held up must not overtake a newer one.
    atMs: Math.floor(atMs / 1_000) * 1_000,
  });
  expect(server.told).toEqual([]);
});

test('an application alone is enough; one that does not exist is told to the caller', async () => {
  const { repository: _, ...rest } = report;
  expect(await send({ ...rest, application: 'web' })).toMatchObject({ body: { applications: ['web'] } });
  expect(await send({ ...rest, application: 'nope' })).toMatchObject({
    status: 404,
    body: { error: expect.stringContaining('there is no application "nope"') },
  });
});

const good = genericHeaders(JSON.stringify(report), secret);
const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
const body = JSON.stringify(report);
test.each([
  ['unsigned', without('webhook-signature'), body, 401, 'webhook-signature is missing'],
  ['without an id', without('webhook-id'), body, 401, 'webhook-id is missing'],
  ['signed by another secret', genericHeaders(body, 'wrong'), body, 401, 'the signature is wrong'],
  ['changed after it was signed', good, body.replace('passed', 'failed'), 401, 'the signature is wrong'],
  ['old', genericHeaders(body, secret, { atMs: Date.now() - 301_000 }), body, 401, 'more than 5 minutes off'],
  ['from the future', genericHeaders(body, secret, { atMs: Date.now() + 900_000 }), body, 401, 'more than 5 minutes'],
])('a report that is %s is refused, and nobody hears of it', async (_name, headers, content, status, error) => {
  expect(await send(content, 'e2e', headers)).toMatchObject({
    status,
    body: { error: expect.stringContaining(error) },
  });
  expect(server.reported).toEqual([]);
});

test.each([
  ['an abbreviated commit', { commit: '6113728' }, 'commit: expected the full commit, 40 or 64 hexadecimal digits'],
  ['a branch', { commit: 'main' }, 'commit: expected the full commit'],
  ['no commit', { commit: undefined }, 'commit: expected a full commit'],
  ['no check', { check: '' }, 'check: expected one line of at most 100 characters'],
  ['a check of two lines', { check: 'e2e\ntests' }, 'check: expected one line'],
  ['a check with a space at its end', { check: 'e2e ' }, 'check: expected one line'],
  ['a check that is too long', { check: 'x'.repeat(101) }, 'check: expected one line'],
  ['a check that is no text', { check: ['e2e'] }, 'check: expected the name of a check'],
  ['another outcome', { outcome: 'success' }, 'outcome: expected passed or failed'],
  ['true for an outcome', { outcome: true }, 'outcome: expected passed or failed'],
  ['another type', { type: 'push' }, 'type: expected "report"'],
  ['a URL with a script', { url: 'javascript:alert(1)' }, 'url: expected an http or https address'],
  ['a URL with credentials', { url: 'https://me:secret@ci.example.com/' }, 'url: expected an http or https address'],
  ['an unknown key', { sha: commit }, 'the body: has the unknown key sha; expected {type: "report", commit'],
  ['neither repository nor application', { repository: undefined }, 'names neither repository nor application'],
])('%s: 400 that names the field', async (_name, change, error) => {
  const answer = await send({ ...report, ...change });
  expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining(error) } });
  expect(server.reported).toEqual([]);
});

test.each([['passed'], ['[]'], ['null'], ['{"type":"report"']])('%s is no report: 400', async (content) => {
  expect(await send(content)).toMatchObject({ status: 400, body: { error: expect.stringContaining('expected') } });
});

test('the path says what is expected: a receiver for pushes takes no reports, and the other way round', async () => {
  expect(await send(report, 'pushes')).toMatchObject({ status: 404 });
  const pushed = await server.post('/webhooks/generic/pushes', body, genericHeaders(body, secret));
  expect(pushed.status).toBe(400);
  expect(await send({ repository, ref: 'main' })).toMatchObject({ status: 400 });
  expect(server.reported).toEqual([]);
  expect(server.told).toEqual([]);
});

describe('a receiver that may not speak for all repositories', () => {
  test('a report on another repository reaches nobody, whatever names it', async () => {
    expect(await send(report, 'web')).toMatchObject({ status: 202, body: { applications: [] } });
    const { repository: _, ...rest } = report;
    expect(await send({ ...rest, application: 'agents' }, 'web')).toMatchObject({ status: 404 });
    expect(server.reported).toEqual([]);
  });

  test('of an application whose repository nobody can say now, a push is handed on, and a report is not: send it again', async () => {
    server.applications = [{ name: 'new', repo: null }];
    const shop = { ...report, repository: 'https://git.example.com/web/new' };
    const answer = await send(shop, 'web');
    expect(answer).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('application "new" follows') },
    });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(server.reported).toEqual([]);
    const push = JSON.stringify({ repository, ref: 'main' });
    expect((await server.post('/webhooks/generic/pushes', push, genericHeaders(push, secret))).status).toBe(202);
    expect(server.told).toHaveLength(1);
  });
});

test('while Temporal is away nothing is accepted', async () => {
  server.temporalAway = true;
  expect(await send(report)).toMatchObject({
    status: 503,
    body: { error: expect.stringContaining('not accepted, send it again') },
  });
});

test('an application that was deleted meanwhile is left out; one that cannot be told fails the request', async () => {
  server.failures.set('agents', new ClientError('notFound', 'there is no application "agents"', ''));
  expect(await send(report)).toMatchObject({ status: 202, body: { applications: ['agents-staging'] } });
  server.failures.set('agents', new ClientError('unavailable', 'Temporal is over its limits', ''));
  expect(await send(report)).toMatchObject({ status: 503 });
});
