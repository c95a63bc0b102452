import { describe, expect, test } from 'vitest';
import { annotationsOf, annotationValues, baseOf, desiredDaemonSet } from '../../domain/desired.ts';
import { emptyRecord, type GoodRevision } from '../../domain/record.ts';

const template = { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'agent', image: 'a:2' }] } };
const manifest = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'monitoring', labels: { team: 'x' }, annotations: { note: 'mine' } },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    minReadySeconds: 5,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 3 } },
    template,
  },
};

describe('the DaemonSet that is written', () => {
  test('carries the template and OnDelete in one object, whatever git says of the strategy (S5)', () => {
    const written = desiredDaemonSet(baseOf(manifest), template, { application: 'agents' }, '41');
    expect(written.spec).toEqual({
      selector: manifest.spec.selector,
      minReadySeconds: 5,
      updateStrategy: { type: 'OnDelete' },
      template,
    });
  });

  test('cannot get a strategy or template from a base that still holds them', () => {
    const written = desiredDaemonSet(manifest, { spec: {} }, { application: 'agents' }, undefined);
    expect(written.spec).toMatchObject({ updateStrategy: { type: 'OnDelete' }, template: { spec: {} } });
    expect(JSON.stringify(written)).not.toContain('RollingUpdate');
  });

  test('names the version that was read, and only that one', () => {
    const stale = { ...manifest, metadata: { ...manifest.metadata, resourceVersion: '7', managedFields: [{}] } };
    const metadata = (version: string | undefined) =>
      desiredDaemonSet(stale, template, { application: 'agents' }, version).metadata as Record<string, unknown>;
    expect(metadata('41')).toMatchObject({ resourceVersion: '41' });
    expect(metadata(undefined)).not.toHaveProperty('resourceVersion');
    expect(metadata('41')).not.toHaveProperty('managedFields');
  });

  test('keeps the annotations of git and adds those of the record', () => {
    const managed = { application: 'agents', phase: 'rolling', commit: 'c2', lastGoodCommit: 'c1' };
    const written = desiredDaemonSet(baseOf(manifest), template, managed, undefined);
    expect((written.metadata as { annotations: unknown }).annotations).toEqual({
      note: 'mine',
      'nodewave.dev/application': 'agents',
      'nodewave.dev/phase': 'rolling',
      'nodewave.dev/commit': 'c2',
      'nodewave.dev/last-good-commit': 'c1',
    });
  });

  test('is the same object whichever window is written, but for the template', () => {
    const base = baseOf(manifest);
    const one = desiredDaemonSet(base, template, { application: 'a' }, '1');
    const two = desiredDaemonSet(base, { spec: { hostNetwork: true } }, { application: 'a' }, '1');
    expect({ ...one, spec: { ...(one.spec as object), template: null } }).toEqual({
      ...two,
      spec: { ...(two.spec as object), template: null },
    });
  });

  test('changes nothing in what it was given', () => {
    const before = structuredClone(manifest);
    desiredDaemonSet(manifest, template, { application: 'a' }, '1');
    baseOf(manifest);
    expect(manifest).toEqual(before);
  });

  test.each([[{}], [{ metadata: null, spec: [] }], [{ metadata: { annotations: 'x' }, spec: 'y' }]])(
    'does not break on the base %j',
    (base) => {
      expect(desiredDaemonSet(base, template, { application: 'a' }, '1').spec).toEqual({
        updateStrategy: { type: 'OnDelete' },
        template,
      });
    },
  );
});

describe('annotations', () => {
  const good = { commit: 'c1', revision: 'r', hash: 'h', templateDigest: 'd', atMs: 0 } satisfies GoodRevision;
  const target = { commit: 'c2', templateDigest: 'e', quarantineKey: 'q' };
  const record = emptyRecord('agents', 'uid');

  test.each([
    ['a rollout under way', { ...record, good: [good], target }, { commit: 'c2', lastGoodCommit: 'c1' }],
    ['nothing under way', { ...record, good: [good] }, { commit: 'c1', lastGoodCommit: 'c1' }],
    ['a first install', { ...record, target }, { commit: 'c2' }],
    ['a DaemonSet that was just met', record, {}],
  ])('of %s', (_name, given, expected) => {
    expect(annotationsOf(given, 'rolling')).toEqual({ application: 'agents', phase: 'rolling', ...expected });
  });

  test('what is unknown is left out', () => {
    expect(annotationValues({ application: 'agents' })).toEqual({ 'nodewave.dev/application': 'agents' });
  });
});
