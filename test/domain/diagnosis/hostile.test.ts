import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mostCharacters, plain, shown } from '../../../domain/diagnosis/clean.ts';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../../domain/diagnosis/types.ts';
import { gallery } from './gallery/all.ts';
import { type Case, evidenceOf } from './gallery/case.ts';

/** Control characters, bidirectional marks and the like, lone surrogates. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** Pieces of real texts among arbitrary ones: they get into the rules, which arbitrary ones seldom do. */
const pieces = gallery.flatMap((one) => [
  ...(one.events ?? []).map(([, text]) => text),
  ...(one.log ?? []),
  one.waiting?.[1] ?? '',
]);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .tuple(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 60 }), fc.nat({ max: 300 }))
    .map(([piece, other, at]) => piece.slice(0, at) + other + piece.slice(at)),
);
const reason = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    'FailedMount',
    'Failed',
    'FailedCreate',
    'Unhealthy',
    'FailedScheduling',
    'FailedCreatePodSandBox',
    'CrashLoopBackOff',
  ),
);
const anyCase: fc.Arbitrary<Case> = fc.record({
  cause: fc.constant(''),
  source: fc.constant(''),
  events: fc.array(fc.tuple(reason, text), { maxLength: 6 }),
  waiting: fc.tuple(reason, text),
  ended: fc.tuple(fc.integer({ min: -1, max: 300 }), reason, text),
  log: fc.array(text, { maxLength: 8 }),
  pod: fc.tuple(fc.constantFrom('Failed', 'Pending', 'Running'), reason, text),
  refusals: fc.array(text, { maxLength: 2 }),
  finalizers: fc.array(text, { maxLength: 2 }),
  node: fc.array(fc.tuple(fc.constantFrom('Ready', 'DiskPressure'), fc.constantFrom('True', 'False'), reason, text), {
    maxLength: 3,
  }),
  terminatingForMs: fc.nat({ max: 1_000_000 }),
});

function expectBounded(found: readonly Diagnosis[]): void {
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBeLessThanOrEqual(4);
  for (const { what, evidence, nextStep, spread } of found) {
    expect(evidence.length).toBeLessThanOrEqual(5);
    for (const line of evidence) expect([...line].length).toBeLessThanOrEqual(300);
    for (const line of [what, nextStep]) expect([...line].length).toBeLessThanOrEqual(400);
    for (const line of [what, nextStep, spread, ...evidence]) expect(line).not.toMatch(unprintable);
  }
}

describe('hostile texts', () => {
  test('never throw, and what is said of them is bounded and printable', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        expectBounded(diagnose(evidenceOf(one)));
      }),
      { numRuns: 400 },
    );
  });

  test('the same evidence always gives the same findings', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        expect(diagnose(evidenceOf(one))).toEqual(diagnose(evidenceOf(one)));
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['slashes', '/'],
    ['quotes', '"'],
    ['letters', 'a'],
    ['spaces', ' '],
    ['backslashes', '\\'],
    ['dots', 'a.'],
    ['a wording over and over', 'exec: "/a": stat mounting "/a" to rootfs dial tcp lookup a: '],
    ['words before what is never found', 'Failed to pull image "a": unexpected status '],
  ])('a megabyte of %s takes no longer than a page of them', (_, unit) => {
    const long = unit.repeat(1_000_000 / unit.length);
    const one: Case = {
      cause: '',
      source: '',
      waiting: ['ErrImagePull', long],
      ended: [1, 'Error', long],
      events: Array.from({ length: 20 }, (_unused, index) => ['Failed', `${index} ${long}`] as [string, string]),
      log: Array.from({ length: 100 }, (_unused, index) => `${index} ${long}`),
    };
    const beganMs = performance.now();
    expectBounded(diagnose(evidenceOf(one)));
    expect(performance.now() - beganMs).toBeLessThan(10_000);
  });

  test('lists without end are cut', () => {
    const events = Array.from({ length: 100_000 }, () => ['Odd', 'x'] as [string, string]);
    const log = Array.from({ length: 100_000 }, (_, index) => `line ${index}`);
    expectBounded(diagnose(evidenceOf({ cause: '', source: '', events, log })));
  });

  test('colours and control characters of a log do not hide what it says', () => {
    const log = ['\u001b[31mERROR\u001b[0m dial tcp 10.0.0.1:443: connect:\u0007 connection refused'];
    const [found] = diagnose(evidenceOf({ cause: '', source: '', ended: [1], log }));
    expect(found?.cause).toBe('ConnectionRefused');
    expect(found?.evidence[0]).toBe('log of container agent: ERROR dial tcp 10.0.0.1:443: connect: connection refused');
  });
});

describe('secrets in texts', () => {
  const cases: [string, string, string][] = [
    ['a password', 'connecting with password=hunter2horse to db', 'hunter2horse'],
    ['a flag', '--api-key=abcd1234efgh started', 'abcd1234efgh'],
    ['JSON', '{"token":"abc-def-123","level":"error"}', 'abc-def-123'],
    ['escaped JSON', String.raw`msg="{\"clientSecret\":\"s3cr3tvalue\"}"`, 's3cr3tvalue'],
    ['YAML', 'password: correct-horse', 'correct-horse'],
    ['a bearer token', 'Authorization: Bearer abcdefgh12345678', 'abcdefgh12345678'],
    ['basic authorization', 'authorization: Basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpwYXNzd29yZA'],
    ['an address', 'dial postgres://agent:pa55word@db:5432/x failed', 'pa55word'],
    ['an Amazon key id', `key ${'AKIA'}${'ABCDEFGHIJKLMNOP'} is not valid`, 'ABCDEFGHIJKLMNOP'],
    ['an Amazon secret', `using ${'aB3/'.repeat(2)}${'cD4e'.repeat(8)}`, 'cD4ecD4e'],
    ['a JSON web token', `token ${'eyJ'}hbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl rejected`, 'c2lnbmF0dXJl'],
    ['a line of a private key', `${'MIIEowIBAAKCAQEAx7k2'.repeat(3)}ab12`, 'MIIEowIBAAKCAQEA'],
    ['a cookie', 'Cookie: session=0123456789', '0123456789'],
    ['a signed address', 'GET https://store.example/x?X-Amz-Signature=0123abcd failed', '0123abcd'],
  ];

  test.each(cases)('%s is masked in evidence, sentence and next step', (_, line, secret) => {
    for (const one of [{ log: [line], ended: [1] }, { waiting: ['Odd', line] }, { refusals: [line] }]) {
      const found = diagnose(evidenceOf({ cause: '', source: '', ...one } as Case));
      expect(JSON.stringify(found)).not.toContain(secret);
      expect(JSON.stringify(found)).toContain('***');
    }
  });

  test.each([
    'secret "agent-token" not found',
    `couldn't find key password in Secret monitoring/agent-token`,
    'failed to fetch anonymous token: Get "https://auth.example/token": i/o timeout',
    'sha256:7ee833bf49863be249f48bf4d15e775b13f6a660436f022533896dfc58d3d5e4 not found',
    'stat /var/lib/kubelet/pods/5088f644-f128-4b8c-b7e3-a9058904ac8e/volumes/kubernetes.io~nfs/Data: no such file',
    'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
  ])('%s stays readable', (line) => {
    expect(shown(line, 300)).toBe(line);
  });

  test('masking and cutting do not depend on where a text is cut', () => {
    expect(plain('x'.repeat(mostCharacters + 10))).toHaveLength(mostCharacters);
    expect(shown('\ud800broken\u202e text\n\tline', 300)).toBe('\ufffdbroken text line');
  });
});
