import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerHttp } from '../../activities/gates/answer-http.ts';
import { GateRunner } from '../../activities/gates/runner.ts';
import type { SecretReader } from '../../activities/gates/secrets.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { prometheusGate } from '../../domain/gates/kinds/prometheus.ts';
import type { GateRequest, GateScene, GateSpec, Measurement } from '../../domain/gates/types.ts';
import { configOf, sceneOf, schedule } from '../domain/gates/kinds/scene.ts';
import { testAuthority } from '../support/certificates.ts';
import { prometheusTimeoutMs, startPrometheus, type TestPrometheus } from '../support/prometheus.ts';

/** Of `user` in the tests, as Prometheus wants it: bcrypt of "test". */
const hashed = '$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay';
const authority = testAuthority();
const held: Record<string, string> = {
  'ca.crt': authority.cert,
  token: 'a-bearer-token',
  password: 'test',
  wrong: 'guessed',
};
const secrets: SecretReader = {
  read: async ({ key }) => ({ value: held[key] ?? '' }),
  doubt: () => undefined,
};
const at = (key: string) => ({ secret: 'prometheus', key });

let prometheus: TestPrometheus;
beforeAll(async () => {
  prometheus = await startPrometheus();
}, prometheusTimeoutMs);
afterAll(() => prometheus?.stop());

const answer = (request: GateRequest) => {
  if (request.form !== 'http') throw new Error(`asked for ${request.form}`);
  return answerHttp(request, { secrets, allowLocal: true, signal: new AbortController().signal });
};

async function measure(given: object, scene: GateScene = sceneOf(['n1', 'n2'], ['n3'])): Promise<Measurement> {
  const config = configOf(prometheusGate.schema, { url: prometheus.url, timeout: '5s', ...given });
  const answers = await Promise.all(prometheusGate.ask(config, scene).map(answer));
  return prometheusGate.judge(config, scene, answers, schedule);
}

const errorRatio = (values: Record<string, number | string>): string =>
  Object.entries(values)
    .map(([node, value]) => `agent_error_ratio{pod="agent-${node}",node="${node}"} ${value}`)
    .join('\n');

async function scraped(values: Record<string, number | string>): Promise<void> {
  prometheus.serve(errorRatio(values));
  const [expected] = Object.values(values);
  const [node] = Object.keys(values);
  await prometheus.until(`agent_error_ratio{node="${node}"}`, ([value]) => Object.is(value, Number(expected)));
}

describe('on a real Prometheus', () => {
  const query = 'agent_error_ratio{node=~"{{nodes}}"}';
  const condition = 'value < 0.05';

  test('a gate passes and fails by what is scraped, naming the node', async () => {
    await scraped({ n1: 0.01, n2: 0.02, n3: 0.9 });
    expect(await measure({ query, condition })).toMatchObject({ outcome: 'success', samples: 2 });
    await scraped({ n1: 0.2, n2: 0.02, n3: 0.9 });
    const failed = await measure({ query, condition });
    expect(failed).toMatchObject({ outcome: 'failure', nodes: ['n1'] });
    expect(failed.sentence).toBe('0.2 does not fulfil value < 0.05; 1 of 2 values, on n1');
    expect(await measure({ query: 'agent_error_ratio{node="{{node}}"}', condition })).toMatchObject({
      outcome: 'failure',
      nodes: ['n1'],
    });
    expect(await measure({ query: 'scalar(agent_error_ratio{node="n2"})', condition })).toMatchObject({
      outcome: 'success',
    });
  });

  test('no series, NaN and a division by zero are no data', async () => {
    expect(await measure({ query: 'no_such_metric', condition })).toMatchObject({
      outcome: 'inconclusive',
      samples: 0,
    });
    expect(await measure({ query: 'vector(0) / vector(0)', condition })).toMatchObject({
      outcome: 'inconclusive',
      samples: 0,
    });
    expect(await measure({ query: 'vector(1) / vector(0)', condition: 'value > 0.9' })).toMatchObject({
      outcome: 'inconclusive',
    });
    expect(await measure({ query: 'vector(1) / vector(0)', condition })).toMatchObject({ outcome: 'failure' });
  });

  test.each([
    [
      'a query that does not parse',
      'agent_error_ratio{',
      /cannot read the query \(HTTP 400\), bad_data: .*parse error/,
    ],
    ['a range vector', 'agent_error_ratio[5m]', /gives a range of values/],
    ['a string', '"text"', /gives a string/],
    [
      'an evaluation that fails',
      'agent_error_ratio * on(job) group_left() up * on(job) agent_error_ratio',
      /could not answer \(HTTP 422\)|cannot read the query/,
    ],
  ])('%s is an error with the words of the server', async (_name, text, sentence) => {
    expect(await measure({ query: text, condition })).toMatchObject({
      outcome: 'error',
      sentence: expect.stringMatching(sentence),
    });
  });

  test('samples: a rate on too few requests tells nothing', async () => {
    await scraped({ n1: 0.2, n2: 0.02 });
    const samples = 'vector(40)';
    const config = configOf(prometheusGate.schema, { url: prometheus.url, query, condition, samples });
    const scene = sceneOf(['n1', 'n2']);
    const answers = await Promise.all(prometheusGate.ask(config, scene).map(answer));
    const judge = (minSamples: number) => prometheusGate.judge(config, scene, answers, { ...schedule, minSamples });
    expect(judge(41)).toMatchObject({ outcome: 'inconclusive', samples: 40 });
    expect(judge(40)).toMatchObject({ outcome: 'failure', samples: 40 });
  });

  test('compare: updated nodes that are worse than the rest fail, by whatever label names them', async () => {
    const names = (from: number, count: number) => Array.from({ length: count }, (_, index) => `n${from + index}`);
    const [fresh, rest] = [names(1, 8), names(9, 30)];
    const ratios = (extra: number) =>
      Object.fromEntries(
        [...fresh, ...rest].map((node, index) => [node, 0.05 + (index % 5) * 0.004 + (index < 8 ? extra : 0)]),
      );
    const compare = { query: 'agent_error_ratio', compare: 'updated-vs-rest', tolerance: 0.02 };
    await scraped(ratios(0));
    expect(await measure(compare, sceneOf(fresh, rest))).toMatchObject({ outcome: 'success', samples: 8 });
    await scraped(ratios(0.2));
    expect(await measure(compare, sceneOf(fresh, rest))).toMatchObject({ outcome: 'failure', samples: 8 });
    const byNode = { ...compare, query: 'max by (node) (agent_error_ratio)', nodeLabel: 'node' };
    expect(await measure(byNode, sceneOf(fresh, rest))).toMatchObject({ outcome: 'failure', samples: 8 });
    expect(
      await measure({ ...compare, query: 'sum by (job) (agent_error_ratio)' }, sceneOf(fresh, rest)),
    ).toMatchObject({ outcome: 'inconclusive' });
  });
});

describe('a server that is lost in the middle of a soak', () => {
  test('is held, passes nothing meanwhile, and the gate goes on when it is back', async () => {
    const own = await startPrometheus();
    const config = { url: own.url, query: 'up', condition: 'value == 1', timeout: '1s' };
    const gate: GateSpec = {
      ...schedule,
      name: 'error-rate',
      kind: 'prometheus',
      config: { ...configOf(prometheusGate.schema, config) },
      onInconclusive: 'pause',
      intervalMs: 100,
      count: 1_000,
      consecutiveErrorLimit: 2,
      inconclusiveLimit: 1_000,
    };
    const runner = new GateRunner(
      {
        gates: [gate],
        onFailure: 'rollback',
        scene: () => sceneOf(['n1']),
        ask: (_gate, request) => answer(request),
        kept: {},
        onChange: () => undefined,
      },
      Date.now(),
    );
    const ticking = setInterval(() => runner.tick(Date.now()), 20);
    const tally = () => runner.tallies()['error-rate'];
    const measured = (what: string, is: () => boolean) => waitFor(is, { timeoutMs: 20_000, everyMs: 20, what });
    try {
      await own.until('up', ([value]) => value === 1);
      await measured('successes', () => (tally()?.successes ?? 0) >= 3);
      await own.kill();
      await measured('the gate to be unreachable', () => runner.verdict(Date.now()).unreachable);
      const lost = runner.verdict(Date.now());
      expect(lost).toMatchObject({ state: 'inconclusive', action: 'pause' });
      expect(lost.sentence).toMatch(/could not be asked \d+ times in a row: .*refused the connection/);
      const before = tally();
      expect(before?.failures).toBe(0);
      await own.restart();
      await measured('more successes', () => (tally()?.successes ?? 0) > (before?.successes ?? 0) + 2);
      expect(runner.verdict(Date.now())).toMatchObject({ state: 'waiting', unreachable: false });
      expect(tally()?.failures).toBe(0);
    } finally {
      clearInterval(ticking);
      await runner.stop();
      await own.stop();
    }
  });
});

describe('credentials and TLS', () => {
  const plain = { query: 'vector(0)', condition: 'value < 1' };

  test('a certificate is verified against the CA of a Secret; a password is sent, and a wrong one said', async () => {
    const secure = await startPrometheus({
      tls: authority.issue(['prometheus.monitoring.svc']),
      users: { probe: hashed },
    });
    try {
      const login = (key: string) => ({ basic: { username: 'probe', password: at(key) } });
      const tls = { ca: at('ca.crt'), serverName: 'prometheus.monitoring.svc' };
      const ask = (auth: object) => measure({ ...plain, url: secure.url, auth });
      expect(await ask({ ...tls, ...login('password') })).toMatchObject({ outcome: 'success' });
      const refused = await ask({ ...tls, ...login('wrong') });
      expect(refused).toMatchObject({
        outcome: 'error',
        sentence: expect.stringContaining('refuses the credentials (HTTP 401)'),
      });
      expect(refused.sentence).not.toContain('guessed');
      expect(await ask({ ...tls })).toMatchObject({ outcome: 'error', sentence: expect.stringContaining('HTTP 401') });
      expect(await ask({ ca: at('ca.crt') })).toMatchObject({
        outcome: 'error',
        sentence: expect.stringContaining('it is for another name'),
      });
      expect(await ask({ serverName: tls.serverName })).toMatchObject({
        outcome: 'error',
        sentence: expect.stringContaining('its CA is not known'),
      });
    } finally {
      await secure.stop();
    }
  });

  test('behind a proxy that wants a bearer token', async () => {
    const proxy = await tokenProxy(prometheus.port);
    const { port } = proxy.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    try {
      expect(await measure({ ...plain, url, auth: { bearer: at('token') } })).toMatchObject({ outcome: 'success' });
      expect(await measure({ ...plain, url })).toMatchObject({
        outcome: 'error',
        sentence: expect.stringContaining('HTTP 401'),
      });
      expect(await measure({ ...plain, url, auth: { bearer: at('wrong') } })).toMatchObject({ outcome: 'error' });
    } finally {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });
});

/** Lets only requests with the token through to the server on `port`. */
async function tokenProxy(port: number): Promise<Server> {
  const proxy = createServer((incoming, response) => {
    if (incoming.headers.authorization !== `Bearer ${held.token}`) {
      response.writeHead(401, { 'content-type': 'text/plain' }).end('Unauthorized');
      return;
    }
    const { url = '/', method = 'GET', headers } = incoming;
    const outgoing = forward({ host: '127.0.0.1', port, path: url, method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}
