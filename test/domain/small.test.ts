import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, digest } from '../../domain/digest.ts';
import { describeErrors, fieldName } from '../../domain/document-error.ts';
import { formatDuration, parseDuration } from '../../domain/duration.ts';
import { maskCredentials } from '../../domain/mask-text.ts';
import { suggest } from '../../domain/suggest.ts';

test('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: 'ü' })).toBe('{"a":"ü","b":[{"d":1}]}');
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(digest(reversed)).toBe(digest(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('a digest is the start of the SHA-256, so that other tools can compute it', () => {
  // printf '{"a":1}' | sha256sum
  expect(digest({ a: 1 })).toBe('015abd7f5cc57a2d');
  expect(digest([1, 2])).not.toBe(digest([2, 1]));
  expect(digest({ a: 1 })).not.toBe(digest({ a: '1' }));
});

test.each([
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['0s', 0],
  ['1h0m5s', 3_605_000],
])('%s is %d ms', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each(['', '5', 'm', '5 m', '-5m', '1.5h', '5M', '30m1h', '5m5m', '5ms', '1d'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test('printed durations are read back', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 10_000_000 }),
      (seconds) => parseDuration(formatDuration(seconds * 1000)) === seconds * 1000,
    ),
  );
});

test('near misses', () => {
  expect(suggest('maxUnavailble', ['maxUnavailable', 'maxRestarts'])).toBe('maxUnavailable');
  expect(suggest('MaxUnavailable', ['maxUnavailable'])).toBe('maxUnavailable');
  expect(suggest('zzz', ['maxUnavailable', 'abc'])).toBeUndefined();
  expect(suggest('x', [])).toBeUndefined();
});

test('field names', () => {
  expect(fieldName(['spec', 'batches', 1, 'nodes'])).toBe('spec.batches[1].nodes');
  expect(fieldName(['metadata', 'labels', 'app.kubernetes.io/name'])).toBe('metadata.labels["app.kubernetes.io/name"]');
});

test('long lists of errors are cut', () => {
  const errors = Array.from({ length: 4 }, (_, index) => ({ file: 'f', line: index, message: 'm' }));
  expect(describeErrors(errors, 2)).toBe('f:0: m\nf:1: m\nand 2 more errors');
  expect(describeErrors(errors, 3)).toMatch(/and 1 more error$/);
});

test('credentials are taken out of quoted texts', () => {
  const text = `fatal: https://bob:hunter2@h/x; Authorization: Basic aHVudGVyMg==; glpat-hunter2hunter2; ok@mail.example`;
  expect(maskCredentials(text)).toBe('fatal: https://***@h/x; Authorization: Basic ***; ***; ok@mail.example');
});
