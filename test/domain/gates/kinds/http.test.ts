import { describe, expect, test } from 'vitest';
import { type HttpGate, httpGate } from '../../../../domain/gates/kinds/http.ts';
import type { GateAnswer, GateScene, Measurement } from '../../../../domain/gates/types.ts';
import { configOf, httpAnswer, podOn, problemsOf, sceneOf, schedule } from './scene.ts';

const gate = (given: object): HttpGate => configOf(httpGate.schema, given);
const problems = (given: object): string[] => problemsOf(httpGate.schema, given);
const judge = (given: object, answers: GateAnswer[], scene = sceneOf(['n1'])): Measurement =>
  httpGate.judge(gate(given), scene, answers, schedule);
const urls = (given: object, scene: GateScene): string[] =>
  httpGate.ask(gate(given), scene).map((request) => (request.form === 'http' ? request.url : ''));

const silent: GateAnswer = { form: 'problem', problem: 'it refused the connection', unanswered: true };
const badCertificate: GateAnswer = { form: 'problem', problem: 'the certificate does not verify' };
const [ok, broken] = [httpAnswer(200, 'fine', 'text/plain'), httpAnswer(500, 'oops', 'text/plain')];

describe('an address', () => {
  const url = 'https://smoke.example/check';

  test.each([
    [200, undefined, 'success'],
    [500, undefined, 'failure'],
    [204, [200, 204], 'success'],
    [299, '200-299', 'success'],
    [300, '200-299', 'failure'],
    [503, ['200-299', 503], 'success'],
  ] as const)('HTTP %s where %j is expected', (given, status, outcome) => {
    expect(judge({ url, ...(status === undefined ? {} : { status }) }, [httpAnswer(given, '')]).outcome).toBe(outcome);
  });

  test('the sentence says what came and what was expected', () => {
    expect(judge({ url, status: [200, 204] }, [broken]).sentence).toBe('HTTP 500, not 200 or 204');
  });

  test('a server that is away is an error: it is not the release', () => {
    expect(judge({ url }, [silent])).toEqual({ outcome: 'error', sentence: 'it refused the connection' });
  });

  test('placeholders stand for names', () => {
    const named = 'https://{{cluster}}.example/{{namespace}}/{{daemonset}}?commit={{commit}}';
    expect(urls({ url: named }, sceneOf(['n1', 'n2']))).toEqual([
      'https://prod.example/monitoring/node.agent?commit=0123abc',
    ]);
    expect(urls({ url: 'http://{{node}}/x' }, sceneOf(['n1', 'n2']))).toEqual(['http://n1/x', 'http://n2/x']);
  });
});

describe('a condition on a field', () => {
  const judged = (json: object, body: unknown) => judge({ url: 'http://a', json }, [httpAnswer(200, body)]);
  const body = { status: 'ok', queue: { depth: 7, names: ['a', 'b'] }, ready: true, gone: null };

  test.each([
    [{ path: 'status', equals: 'ok' }, 'success'],
    [{ path: 'status', equals: 'OK' }, 'failure'],
    [{ path: 'ready', equals: true }, 'success'],
    [{ path: 'ready', equals: 'true' }, 'failure'],
    [{ path: 'queue.names[1]', equals: 'b' }, 'success'],
    [{ path: 'queue.depth', condition: 'value < 10' }, 'success'],
    [{ path: 'queue.depth', condition: 'value < 7' }, 'failure'],
    [{ path: 'status', condition: 'value < 7' }, 'inconclusive'],
    [{ path: 'queue.size', condition: 'value < 7' }, 'inconclusive'],
    [{ path: 'gone', equals: 'x' }, 'inconclusive'],
    [{ path: 'constructor.name', equals: 'Object' }, 'inconclusive'],
  ] as const)('%j: %s', (json, outcome) => {
    expect(judged(json, body).outcome).toBe(outcome);
  });

  test('HTML, text and nothing instead of JSON are errors', () => {
    const json = { path: 'status', equals: 'ok' };
    expect(judge({ url: 'http://a', json }, [httpAnswer(200, '<!doctype html><p>', 'text/html')])).toEqual({
      outcome: 'error',
      sentence: 'answered HTML instead of JSON (HTTP 200)',
    });
    expect(judged(json, 'ok').sentence).toBe('answered "ok" instead of JSON (HTTP 200)');
    expect(judged(json, '').sentence).toBe('answered nothing instead of JSON (HTTP 200)');
  });

  test('a value that looks secret is not shown', () => {
    const { sentence } = judged({ path: 'auth', equals: 'x' }, { auth: 'Bearer abcdefghijklmnop' });
    expect(sentence).toBe('auth is Bearer ***, not x');
  });
});

describe('a port of the pods', () => {
  const port = { port: 8080, path: '/healthz' };

  test('each sampled pod of the batch is asked, and two on last good', () => {
    const scene = sceneOf(['n1', 'n2', 'n3', 'n4'], ['r1', 'r2', 'r3']);
    expect(urls({ ...port, sample: 2 }, scene)).toEqual(
      ['n1', 'n3', 'r1', 'r2'].map((node) => `http://${podOn(node).ip}:8080/healthz`),
    );
  });

  test('an address of version 6 is written in brackets', () => {
    const scene = { ...sceneOf([]), fresh: [podOn('n1', { ip: 'fd00::1' })] };
    expect(urls({ ...port, scheme: 'https' }, scene)).toEqual(['https://[fd00::1]:8080/healthz']);
  });

  test('failing pods are named', () => {
    expect(judge(port, [ok, broken, broken], sceneOf(['n1', 'n2', 'n3']))).toEqual({
      outcome: 'failure',
      samples: 3,
      nodes: ['n2', 'n3'],
      sentence: '2 of 3 pods (n2, n3): HTTP 500, not 200',
    });
  });

  test('a silent pod fails when another one answers, of the batch or on last good', () => {
    const scene = sceneOf(['n1', 'n2'], ['r1']);
    expect(judge(port, [ok, silent, silent], scene)).toMatchObject({ outcome: 'failure', nodes: ['n2'] });
    expect(judge(port, [silent, silent, broken], scene)).toMatchObject({ outcome: 'failure', nodes: ['n1', 'n2'] });
  });

  test('when no pod at all answers it may be the network: an error', () => {
    expect(judge(port, [silent, silent, silent], sceneOf(['n1', 'n2'], ['r1']))).toEqual({
      outcome: 'error',
      sentence: '2 of 2 pods (n1, n2): it refused the connection; no pod could be reached, so this may be the network',
    });
  });

  test('a certificate that does not verify is an error, unless a pod fails', () => {
    const scene = sceneOf(['n1', 'n2'], ['r1']);
    expect(judge(port, [ok, badCertificate, ok], scene).outcome).toBe('error');
    expect(judge(port, [broken, badCertificate, ok], scene)).toMatchObject({ outcome: 'failure', nodes: ['n1'] });
  });

  test('without a pod that has an address nothing is known', () => {
    const scene = { ...sceneOf([]), fresh: [podOn('n1', { ip: null })] };
    expect(urls(port, scene)).toEqual([]);
    expect(judge(port, [], scene)).toMatchObject({ outcome: 'inconclusive', samples: 0 });
  });
});

test.each([
  [{}, 'exactly one of url, and port'],
  [{ url: 'http://a', port: 80 }, 'exactly one of url, and port'],
  [{ url: 'http://a', path: '/x' }, 'path: belongs to port'],
  [{ port: 0 }, 'port: expected a port from 1 to 65535'],
  [{ port: 80, path: 'healthz' }, 'path: expected a path such as /healthz'],
  [{ port: 80, path: '/a b' }, 'path: expected a path'],
  [{ url: 'http://a', status: 302 }, 'status: 302 holds redirects'],
  [{ url: 'http://a', status: '200-399' }, 'status: 200-399 holds redirects'],
  [{ url: 'http://a', status: 99 }, 'status: expected a status such as 200'],
  [{ url: 'http://a', json: { path: 'a..b', equals: 1 } }, 'json.path: expected a path'],
  [{ url: 'http://a', json: { path: 'a' } }, 'json: expected exactly one of equals and condition'],
  [{ url: 'http://{{nodes}}' }, 'url: {{nodes}} is not known; did you mean node?'],
  [{ url: 'http://a', auth: { bearer: { secret: 'a', key: '../b' } } }, 'auth.bearer.key: "../b" is no key'],
  [
    { url: 'http://a', headers: { 'x-api-key2': 'b' }, auth: { headers: { 'X-Api-Key2': { secret: 'a', key: 'b' } } } },
    'headers: sets X-Api-Key2, which auth.headers sets too',
  ],
  [{ url: 'http://a', metod: 'POST' }, 'metod: unknown field'],
])('%j is refused', (given, problem) => {
  expect(problems(given)).toEqual([expect.stringContaining(problem)]);
});
