import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differencesOf, fieldChanges } from '../../../domain/diff/change.ts';
import { compare } from '../../../domain/diff/compare.ts';
import { secretValues } from '../../../domain/diff/secret-values.ts';
import { statedDifferences } from '../../../domain/diff/stated.ts';
import { builtInKinds, sameValue } from '../../../domain/diff/value-kind.ts';
import { canonicalJson } from '../../../domain/digest.ts';

type Json = Record<string, unknown>;

const names = ['name', 'env', 'ports', 'containers', 'labels', 'limits', 'cpu', 'data', 'storage', 'a', '__proto__'];
const texts = ['', '1', '1000m', '1Gi', '1024Mi', '60s', '1m', 'TCP', 'x'];
const scalar = fc.oneof(fc.constantFrom(...texts), fc.integer({ min: 0, max: 3 }), fc.boolean(), fc.constant(null));
const key = fc.constantFrom(...names);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
  ),
}));
const object = fc.dictionary(key, tree, { maxKeys: 4 });
/** An object and the same with at most a few leaves changed: two random ones are never nearly alike. */
const pair = fc.tuple(object, fc.infiniteStream(fc.tuple(fc.nat(6), scalar))).map(([before, changes]) => {
  const change = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const [{ value: next } = { value: undefined }] = [changes.next()];
      return next?.[0] === 0 ? value.map(change).reverse() : value.map(change);
    }
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner)]));
    }
    const { value: next } = changes.next();
    return next?.[0] === 0 ? next[1] : value;
  };
  return { before: before as Json, after: change(before) as Json };
});

test('nothing that differs is passed over where every writing is a value of its own', () => {
  fc.assert(
    fc.property(fc.oneof(pair, fc.record({ before: object, after: object })), ({ before, after }) => {
      const found = compare(before, after, { strict: true });
      expect(found.length === 0).toBe(canonicalJson(before) === canonicalJson(after));
    }),
    { numRuns: 2_000 },
  );
});

test('what is passed over of a built-in kind is empty on both sides, or another writing of the same amount', () => {
  const kindOf = builtInKinds('ConfigMap');
  const isEmpty = (value: unknown): boolean =>
    value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  fc.assert(
    fc.property(pair, ({ before, after }) => {
      const shown = compare(before, after, { kindOf }).map(({ path }) => canonicalJson(path));
      for (const { path, before: a, after: b } of compare(before, after, { strict: true })) {
        const hidden = !shown.includes(canonicalJson(path));
        if (hidden) expect((isEmpty(a) && isEmpty(b)) || sameValue(kindOf(path), a, b)).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a pod template that differs always shows a field that restarts pods', () => {
  fc.assert(
    fc.property(pair, ({ before, after }) => {
      const whole = (template: Json): Json => ({ metadata: {}, spec: { template } });
      const changes = fieldChanges({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        live: whole(before),
        desired: whole(after),
      });
      const differs = canonicalJson(before) !== canonicalJson(after);
      expect(changes.some((change) => change.class === 'restartsPods')).toBe(differs);
    }),
    { numRuns: 1_000 },
  );
});

/** git's object with more around it, as the API server and others fill it in. */
function filledIn(git: unknown, more: Json): unknown {
  if (git === null || typeof git !== 'object' || Array.isArray(git)) return git;
  const inner = Object.entries(git).map(([name, value]) => [name, filledIn(value, more)]);
  return { ...more, ...Object.fromEntries(inner) };
}

test('what others add beside the fields of git is no difference from git', () => {
  fc.assert(
    fc.property(object, (spec) => {
      const git = { kind: 'Widget', spec };
      expect(statedDifferences(git, filledIn(git, { added: 'x' }) as Json)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test('a field that git states, and that is something else on the cluster, is always found', () => {
  const path = fc.array(fc.constantFrom('a', 'b', 'labels', 'template'), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(path, object, (steps, more) => {
      const at = (value: unknown): Json =>
        steps.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) as Json;
      const cluster = { ...(filledIn(at('another'), { more }) as Json), status: more };
      const found = statedDifferences({ kind: 'Widget', spec: at('wanted') }, { spec: cluster });
      expect(found).toMatchObject([{ path: ['spec', ...steps], before: 'another', after: 'wanted' }]);
    }),
  );
});

test('no value of a Secret is ever in what is shown, wherever a copy of it stands', () => {
  const value = fc.string({ minLength: 4, maxLength: 20, unit: fc.constantFrom(...'QXZJK79#"\\ÄΩ\n') });
  fc.assert(
    fc.property(value, value, fc.constantFrom('note', 'kapp.k14s.io/original', 'x/y'), (old, now, annotation) => {
      fc.pre(old.trim().length >= 4 && now.trim().length >= 4);
      const encode = (text: string): string => Buffer.from(text).toString('base64');
      const secret = (text: string): Json => {
        const data = { plain: encode(text) };
        const copy = JSON.stringify({ kind: 'Secret', data, stringData: { plain: text } });
        const annotations = { [annotation]: copy, bare: `see ${text}`, base: encode(text) };
        return { apiVersion: 'v1', kind: 'Secret', metadata: { annotations }, data };
      };
      const [live, desired] = [secret(old), secret(now)];
      const secrets = secretValues([live, desired]);
      const shown = JSON.stringify(fieldChanges({ apiVersion: 'v1', kind: 'Secret', live, desired, secrets }));
      for (const text of [old, now]) {
        for (const form of [encode(text), text.trim()]) {
          expect(shown).not.toContain(JSON.stringify(form).slice(1, -1));
        }
      }
    }),
  );
});

test('an object and itself have no difference, in whatever order its fields stand', () => {
  fc.assert(
    fc.property(object, (spec) => {
      const reversed = Object.fromEntries(Object.entries(spec).reverse());
      const of = (inner: Json): Json => ({ metadata: {}, spec: inner });
      const comparison = { apiVersion: 'x.io/v1', kind: 'Widget', live: of(spec), desired: of(reversed) };
      expect(differencesOf(comparison)).toEqual([]);
    }),
  );
});
