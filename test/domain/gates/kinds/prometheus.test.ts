import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PrometheusGate, prometheusGate } from '../../../../domain/gates/kinds/prometheus.ts';
import type { GateAnswer, GateScene, Measurement } from '../../../../domain/gates/types.ts';
import { configOf, httpAnswer, problemsOf, sceneOf, schedule } from './scene.ts';

const url = 'https://prometheus.monitoring.svc:9090';
const basic = { url, query: 'errors', condition: 'value < 0.05' };
const gate = (more: object = {}): PrometheusGate => configOf(prometheusGate.schema, { ...basic, ...more });
const problems = (more: object): string[] => problemsOf(prometheusGate.schema, { ...basic, ...more });

const vector = (...series: [labels: Record<string, string>, value: string][]): GateAnswer =>
  success({ resultType: 'vector', result: series.map(([metric, value]) => ({ metric, value: [1.5, value] })) });
const success = (data: object, more: object = {}): GateAnswer => httpAnswer(200, { status: 'success', data, ...more });

const judge = (
  answers: GateAnswer[],
  more: object = {},
  scene: GateScene = sceneOf(['n1', 'n2'], ['n3']),
  minSamples = 1,
): Measurement => prometheusGate.judge(gate(more), scene, answers, { ...schedule, minSamples });

const asked = (more: object, scene: GateScene): string[] =>
  prometheusGate.ask(gate(more), scene).map((request) => {
    if (request.form !== 'http') throw new Error('not over HTTP');
    return new URLSearchParams(request.body).get('query') ?? '';
  });

describe('what is asked', () => {
  test('one POST to the instant query, with its time limit', () => {
    const auth = { bearer: { secret: 'prometheus', key: 'token' } };
    const [request] = prometheusGate.ask(gate({ timeout: '5s', auth }), sceneOf(['n1']));
    expect(request).toMatchObject({ form: 'http', method: 'POST', url: `${url}/api/v1/query`, timeoutMs: 5_000, auth });
  });

  test('{{nodes}} and {{pods}} are alternations of the batch, and mean only what they name', () => {
    const scene = sceneOf(['a.example', 'b'], ['c'], ['d']);
    expect(asked({ query: 'up{node=~"{{ nodes }}", pod=~"{{pods}}"}' }, scene)).toEqual([
      'up{node=~"a[.]example|b", pod=~"agent-a[.]example|agent-b"}',
    ]);
  });

  test('{{node}} asks about each node of the batch, at most 20, spread evenly', () => {
    const nodes = Array.from({ length: 40 }, (_, index) => `n${String(index).padStart(2, '0')}`);
    const queries = asked({ query: 'up{node="{{node}}",ns="{{namespace}}",ds="{{daemonset}}"}' }, sceneOf(nodes));
    expect(queries).toHaveLength(20);
    expect(queries[0]).toBe('up{node="n00",ns="monitoring",ds="node.agent"}');
    expect(queries[19]).toContain('"n38"');
  });

  test('no name can end the string that it stands in', () => {
    const scene = { ...sceneOf(['x"} or up{a="']), namespace: 'a`b\\' };
    expect(asked({ query: '{a="{{node}}", b=~"{{nodes}}", c=`{{namespace}}`}' }, scene)).toEqual([
      '{a="x___or_up_a__", b=~"x___or_up_a__", c=`a_b_`}',
    ]);
  });

  test('without a node of the batch {{nodes}} matches nothing, instead of everything', () => {
    expect(asked({ query: 'up{node=~"{{nodes}}"}' }, sceneOf([]))).toEqual(['up{node=~"_none_"}']);
  });
});

describe('a condition', () => {
  test.each([
    ['below', ['0.049'], 'success'],
    ['at the bound of <', ['0.05'], 'failure'],
    ['one series of two above', ['0.01', '0.2'], 'failure'],
    ['NaN', ['NaN'], 'inconclusive'],
    ['NaN beside a value', ['NaN', '0.01'], 'success'],
    ['+Inf is worse than any bound', ['+Inf'], 'failure'],
    ['-Inf passes no gate', ['-Inf'], 'inconclusive'],
    ['an exponent', ['1e-03'], 'success'],
  ] as const)('%s', (_name, values, outcome) => {
    const answer = vector(
      ...values.map((value, index): [{ pod: string }, string] => [{ pod: `agent-n${index + 1}` }, value]),
    );
    expect(judge([answer]).outcome).toBe(outcome);
  });

  test('+Inf passes no gate that asks for much', () => {
    const measured = judge([vector([{}, '+Inf'])], { condition: 'value > 0.9' });
    expect(measured).toMatchObject({ outcome: 'inconclusive', sentence: expect.stringContaining('division by zero') });
  });

  test('no series is no data, which never passes', () => {
    expect(judge([vector()])).toMatchObject({
      outcome: 'inconclusive',
      samples: 0,
      sentence: expect.stringContaining('no data'),
    });
  });

  test('a scalar is a value', () => {
    expect(judge([success({ resultType: 'scalar', result: [1.5, '0.01'] })]).outcome).toBe('success');
  });

  test('failing nodes are named, found by pod, node or address of the series', () => {
    const measured = judge([
      vector([{ pod: 'agent-n1' }, '0.4'], [{ instance: 'n2:9100' }, '0.3'], [{ node: 'n3' }, '0.01']),
    ]);
    expect(measured).toMatchObject({ outcome: 'failure', samples: 3, nodes: ['n1', 'n2'] });
    expect(measured.sentence).toBe('0.4 does not fulfil value < 0.05; 2 of 3 values, on n1, n2');
  });

  test('a query about the nodes of the batch needs a value of each of them, when any has one', () => {
    const query = 'errors{node=~"{{nodes}}"}';
    expect(judge([vector([{ node: 'n1' }, '0.01'])], { query })).toMatchObject({
      outcome: 'inconclusive',
      sentence: 'no data for 1 node of the batch: n2',
    });
    expect(judge([vector([{}, '0.01'])], { query }).outcome).toBe('success');
  });

  test('with {{node}} every node is judged by its own answer', () => {
    const query = 'errors{node="{{node}}"}';
    const [good, bad] = [vector([{}, '0.01']), vector([{}, '0.5'])];
    expect(judge([good, good], { query })).toMatchObject({ outcome: 'success', samples: 2 });
    expect(judge([good, bad], { query })).toMatchObject({ outcome: 'failure', nodes: ['n2'] });
    expect(judge([good, vector()], { query }).sentence).toBe('no data for 1 node of the batch: n2');
    const away: GateAnswer = { form: 'problem', problem: 'refused' };
    expect(judge([good, away], { query })).toMatchObject({ outcome: 'error', sentence: 'refused' });
    expect(judge([bad, away], { query })).toMatchObject({ outcome: 'failure', nodes: ['n1'] });
  });

  test('an answer with a warning, which may be half of the data, does not pass', () => {
    const data = { resultType: 'vector', result: [{ metric: {}, value: [1, '0.01'] }] };
    expect(judge([success(data, { warnings: ['store gw-1 is away'] })])).toMatchObject({
      outcome: 'inconclusive',
      sentence: expect.stringContaining('store gw-1 is away'),
    });
    expect(judge([success(data, { infos: ['metric might not be a counter'] })]).outcome).toBe('success');
  });

  test('samples says on how many events a value rests; too few tell nothing, good or bad', () => {
    const more = { samples: 'sum(increase(requests[5m]))' };
    const counted = (value: string) => [vector([{}, '0.5']), vector([{}, value])];
    expect(judge(counted('99.9'), more, undefined, 100)).toMatchObject({ outcome: 'inconclusive', samples: 99 });
    expect(judge(counted('100'), more, undefined, 100)).toMatchObject({ outcome: 'failure', samples: 100 });
    expect(judge([vector([{}, '0.01']), vector()], more).outcome).toBe('inconclusive');
    expect(judge([vector([{}, '0.01']), vector([{}, 'NaN'])], more).outcome).toBe('inconclusive');
  });
});

describe('what cannot be judged is an error, never passed and never failed', () => {
  const html = '<html><title>Sign in</title></html>';
  test.each<[string, GateAnswer, RegExp]>([
    [
      'a server that is away',
      { form: 'problem', problem: 'prometheus:9090 refused the connection' },
      /refused the connection/,
    ],
    [
      'a query that does not parse',
      httpAnswer(400, { status: 'error', errorType: 'bad_data', error: '1:5: parse error: unexpected "}"' }),
      /cannot read the query \(HTTP 400\), bad_data: 1:5: parse error: unexpected "}"/,
    ],
    [
      'a query that takes too long',
      httpAnswer(503, { status: 'error', errorType: 'timeout', error: 'query timed out' }),
      /could not answer \(HTTP 503\), timeout/,
    ],
    ['refused credentials', httpAnswer(401, 'Unauthorized', 'text/plain'), /refuses the credentials \(HTTP 401\)/],
    ['a login page', httpAnswer(200, html, 'text/html'), /answered HTML instead of JSON \(HTTP 200\)/],
    [
      'another program',
      httpAnswer(404, 'not found', 'text/plain'),
      /did not answer as Prometheus does \(HTTP 404\): "not found"/,
    ],
    ['JSON of somebody else', httpAnswer(200, { ok: true }), /did not answer as Prometheus does/],
    ['a range vector', success({ resultType: 'matrix', result: [] }), /range of values/],
    ['a string', success({ resultType: 'string', result: [1, 'x'] }), /gives a string/],
    [
      'a native histogram',
      success({ resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] }),
      /histogram_quantile/,
    ],
    ['a value that is none', vector([{}, '0,5']), /without a value/],
    [
      'more series than anyone reads',
      success({
        resultType: 'vector',
        result: Array.from({ length: 10_001 }, () => ({ metric: {}, value: [1, '0'] })),
      }),
      /more than 10000 series; aggregate it/,
    ],
  ])('%s', (_name, answer, sentence) => {
    const measured = judge([answer]);
    expect(measured).toMatchObject({ outcome: 'error', sentence: expect.stringMatching(sentence) });
    expect(measured.sentence.length).toBeLessThanOrEqual(300);
  });

  test('what a server says is quoted in one line, bounded and without credentials', () => {
    const error = `denied for\n\tBearer abcdefghijklmnop ${'x'.repeat(5_000)}`;
    const { sentence } = judge([httpAnswer(422, { status: 'error', errorType: 'execution', error })]);
    expect(sentence).toContain('denied for Bearer ***');
    expect(sentence).not.toMatch(/abcdefgh|\n/);
    expect(sentence.length).toBeLessThanOrEqual(300);
  });
});

describe('whatever comes from outside', () => {
  test('no answer passes a gate by its form: only values do', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.record({ status: fc.constant('success'), data: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), anything, (status, body) => {
        const measured = judge([httpAnswer(status, typeof body === 'string' ? body : JSON.stringify(body))]);
        expect(['error', 'inconclusive']).toContain(measured.outcome);
        expect(measured.sentence.length).toBeLessThanOrEqual(300);
      }),
    );
  });

  test('no name gets out of the string that it is filled into', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const [one = '', all = ''] = [
          asked({ query: 'up{a="{{node}}"}' }, sceneOf([name]))[0],
          asked({ query: 'up{a=~"{{nodes}}"}' }, sceneOf([name]))[0],
        ];
        expect(one).toMatch(/^up\{a="[\w.-]*"\}$/);
        expect(all).toMatch(/^up\{a=~"([\w-]|\[\.\])*"\}$/);
      }),
    );
  });
});

describe('compare: updated-vs-rest', () => {
  const compare = { condition: undefined, compare: 'updated-vs-rest', tolerance: 0.02 };
  const names = (from: number, count: number) => Array.from({ length: count }, (_, index) => `n${from + index}`);
  const [fresh, rest] = [names(1, 8), names(9, 30)];
  const value = (node: string, extra: number) => String(0.01 + (Number(node.slice(1)) % 7) * 0.001 + extra);
  const answer = (extra: number): GateAnswer =>
    vector(
      ...[...fresh.map((node) => [node, extra] as const), ...rest.map((node) => [node, 0] as const)].map(
        ([node, more]): [Record<string, string>, string] => [{ pod: `agent-${node}` }, value(node, more)],
      ),
    );

  test('nodes on the target are held against those on last good', () => {
    const scene = sceneOf(fresh, rest);
    expect(judge([answer(0)], compare, scene).outcome).toBe('success');
    expect(judge([answer(0.2)], compare, scene).outcome).toBe('failure');
    expect(judge([answer(0.2)], { ...compare, worse: 'lower' }, scene).outcome).toBe('success');
    expect(judge([answer(0.2)], { ...compare, tolerance: 0.5 }, scene).outcome).toBe('success');
  });

  test('too few nodes are inconclusive, and so is a label that names none of them', () => {
    expect(judge([answer(0.2)], compare, sceneOf(fresh, rest.slice(0, 2))).outcome).toBe('inconclusive');
    expect(judge([vector([{ host: 'n1' }, '1'])], compare, sceneOf(fresh, rest))).toMatchObject({
      outcome: 'inconclusive',
      sentence: expect.stringContaining('none of 1 series names a node or pod'),
    });
    expect(judge([vector()], compare, sceneOf(fresh, rest)).outcome).toBe('inconclusive');
  });

  test('a series of a pod that was replaced does not speak for the pod that replaced it', () => {
    const old = fresh.map((node): [Record<string, string>, string] => [{ pod: `agent-old-${node}`, node }, '0.9']);
    const now = [...fresh, ...rest].map((node): [Record<string, string>, string] => [
      { pod: `agent-${node}`, node },
      value(node, 0),
    ]);
    expect(judge([vector(...old, ...now)], compare, sceneOf(fresh, rest)).outcome).toBe('success');
  });

  test('it is not asked when nothing is left to compare with', () => {
    expect(prometheusGate.needsRest?.(gate(compare))).toBe(true);
    expect(prometheusGate.needsRest?.(gate())).toBe(false);
  });
});

describe('a policy that is wrong is refused where it is written', () => {
  test.each([
    [
      { condition: 'result[0] < 0.05' },
      'condition: expected a condition such as "value < 0.05" or "value >= 0.99", got "result[0] < 0.05"; write value instead of result[0]',
    ],
    [{ condition: 'value < 5%' }, 'condition: expected a number after <, as in "value < 0.05", got "5%"'],
    [{ condition: 'value > 0 && value < 1' }, expect.stringContaining('write two gates')],
    [{ condition: 'value = 1' }, expect.stringContaining('write == for equal')],
    [{ query: 'up{node="{{nod}}"}' }, 'query: {{nod}} is not known; did you mean node?'],
    [{ compare: 'updated-vs-rest' }, expect.stringContaining('exactly one of condition')],
    [{ condition: undefined }, expect.stringContaining('exactly one of condition')],
    [{ condition: undefined, compare: 'updated-vs-rest' }, expect.stringContaining('tolerance: is missing')],
    [
      { condition: undefined, compare: 'updated-vs-rest', tolerance: '10 %' },
      expect.stringContaining('tolerance: expected a number'),
    ],
    [
      { condition: undefined, compare: 'updated-vs-rest', tolerance: 1, query: 'up{node=~"{{nodes}}"}' },
      expect.stringContaining('query: compares nodes'),
    ],
    [{ url: 'https://user:hunter2@prometheus' }, expect.stringContaining('url: has credentials in it')],
    [{ url: 'prometheus:9090' }, expect.stringContaining('url: "prometheus:9090" is no address')],
    [{ url: 'file:///etc/passwd' }, expect.stringContaining('is no address')],
    [{ url: 'http://prometheus/api/v1/query' }, expect.stringContaining('url: has /api/v1')],
    [{ headers: { Authorization: 'Bearer x' } }, expect.stringContaining('headers.Authorization: is a credential')],
    [{ headers: { Host: 'x' } }, expect.stringContaining('headers.Host: is set by Nodewave itself')],
    [{ headers: { 'X-A': 'a\r\nX-B: b' } }, expect.stringContaining('headers.X-A: expected')],
    [
      { auth: { bearer: { secret: 'a', key: 'b' }, basic: { username: 'u', password: { secret: 'a', key: 'b' } } } },
      expect.stringContaining('auth: has more than one'),
    ],
    [
      { auth: { bearer: 'abc' } },
      expect.stringContaining('auth.bearer: expected a mapping such as {secret: prometheus, key: token}'),
    ],
    [{ timeout: '2m' }, 'timeout: must be between 1s and 1m, got 2m'],
  ])('%j', (more, problem) => {
    expect(problems(more)).toEqual([problem]);
  });

  test('what was read is what a user writes', () => {
    const config = gate({ timeout: '5s', samples: 'x', headers: { 'X-Scope-OrgID': 'a' } });
    expect(configOf(prometheusGate.schema, JSON.parse(JSON.stringify(config)))).toEqual(config);
  });
});
