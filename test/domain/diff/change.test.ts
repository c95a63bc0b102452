import { describe, expect, test } from 'vitest';
import { fieldChanges } from '../../../domain/diff/change.ts';
import { showPair } from '../../../domain/diff/show.ts';

type Json = Record<string, unknown>;

const daemonSet = (metadata: Json, spec: Json): Json => ({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec });
const ofDaemonSet = (live: Json | null, desired: Json) =>
  fieldChanges({ apiVersion: 'apps/v1', kind: 'DaemonSet', live, desired });
const ofKind = (kind: string, live: Json | null, desired: Json) =>
  fieldChanges({ apiVersion: 'v1', kind, live, desired });

describe('noise', () => {
  test('what the server, controllers, kubectl and Nodewave write is no change', () => {
    const live = daemonSet(
      {
        name: 'agent',
        uid: 'u',
        resourceVersion: '5',
        generation: 3,
        creationTimestamp: 't',
        managedFields: [],
        annotations: {
          'deprecated.daemonset.template.generation': '3',
          'kubectl.kubernetes.io/last-applied-configuration': '{"spec": "a secret perhaps"}',
          'nodewave.dev/application': 'app',
          'nodewave.dev/phase': 'rolling',
          'nodewave.dev/commit': 'c',
          'nodewave.dev/last-good-commit': 'c',
        },
      },
      { minReadySeconds: 0 },
    );
    expect(
      ofDaemonSet({ ...live, status: { numberReady: 3 } }, daemonSet({ name: 'agent' }, { minReadySeconds: 0 })),
    ).toEqual([]);
  });

  test('annotations that Nodewave reads are changes', () => {
    const changes = ofDaemonSet(
      daemonSet({}, {}),
      daemonSet({ annotations: { 'nodewave.dev/max-unavailable': '3' } }, {}),
    );
    expect(changes.map(({ path, after }) => [path, after])).toEqual([
      ['metadata.annotations["nodewave.dev/max-unavailable"]', '3'],
    ]);
  });
});

describe('what a change costs', () => {
  test.each([
    ['spec.template.spec.hostNetwork', { template: { spec: { hostNetwork: true } } }, 'restartsPods'],
    ['spec.template.metadata.labels.a', { template: { metadata: { labels: { a: 'b' } } } }, 'restartsPods'],
    ['spec.selector.matchLabels.a', { selector: { matchLabels: { a: 'b' } } }, 'immutable'],
    ['spec.updateStrategy.type', { updateStrategy: { type: 'OnDelete' } }, 'strategy'],
    ['spec.minReadySeconds', { minReadySeconds: 5 }, 'noRestart'],
  ])('%s of a DaemonSet', (path, spec, cost) => {
    expect(ofDaemonSet(daemonSet({}, {}), daemonSet({}, spec))).toMatchObject([{ path, class: cost }]);
  });

  test('creating restarts nothing', () => {
    expect(ofDaemonSet(null, daemonSet({}, { template: { spec: { hostNetwork: true } } }))).toMatchObject([
      { class: 'noRestart' },
    ]);
  });

  test('a DaemonSet of another API group is any object', () => {
    const changes = fieldChanges({
      apiVersion: 'apps.kruise.io/v1alpha1',
      kind: 'DaemonSet',
      live: daemonSet({}, {}),
      desired: daemonSet({}, { template: { a: 1 } }),
    });
    expect(changes).toMatchObject([{ class: 'noRestart' }]);
  });
});

describe('owners', () => {
  const managedFields = [
    {
      manager: 'kubectl-client-side-apply',
      operation: 'Update',
      apiVersion: 'apps/v1',
      fieldsV1: {
        'f:spec': {
          'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {} } } } },
          'f:selector': {},
        },
      },
    },
    {
      manager: 'scaler',
      operation: 'Apply',
      apiVersion: 'apps/v1',
      fieldsV1: { 'f:spec': { 'f:minReadySeconds': {} } },
    },
    { manager: 'kcm', operation: 'Update', apiVersion: 'apps/v1', subresource: 'status', fieldsV1: { 'f:spec': {} } },
  ];
  test('a field names its manager; what is below an atomic field belongs to that one, too', () => {
    const live = daemonSet(
      { managedFields },
      {
        minReadySeconds: 1,
        selector: { matchLabels: { a: '1' } },
        paused: true,
        template: { spec: { containers: [{ name: 'a', image: '1' }] } },
      },
    );
    const desired = daemonSet(
      {},
      {
        minReadySeconds: 2,
        selector: { matchLabels: { a: '2' } },
        paused: false,
        template: { spec: { containers: [{ name: 'a', image: '2' }] } },
      },
    );
    expect(ofDaemonSet(live, desired).map(({ path, owner }) => [path, owner])).toEqual([
      ['spec.minReadySeconds', 'scaler (Apply)'],
      ['spec.selector.matchLabels.a', 'kubectl-client-side-apply (Update)'],
      ['spec.paused', undefined],
      ['spec.template.spec.containers[name=a].image', 'kubectl-client-side-apply (Update)'],
    ]);
  });
});

describe('masking', () => {
  test('data of a Secret never shows, whether it comes, changes or goes', () => {
    const secret = (data: Json): Json => ({ kind: 'Secret', metadata: {}, data });
    const changes = ofKind('Secret', secret({ a: 'QQ==', b: 'Qg==' }), secret({ a: 'Qw==', c: 'RA==' }));
    expect(changes.map(({ path, before, after }) => [path, before, after])).toEqual([
      ['data.a', '(secret)', '(secret, changed)'],
      ['data.c', undefined, '(secret)'],
      ['data.b', '(secret)', undefined],
    ]);
  });

  test.each(['DB_PASSWORD', 'API_TOKEN', 'CLIENT_SECRET', 'apiKey', 'SSH_KEY', 'AUTH_HEADER'])(
    'variable %s',
    (name) => {
      const spec = (value: string) => ({ template: { spec: { containers: [{ name: 'a', env: [{ name, value }] }] } } });
      expect(ofDaemonSet(daemonSet({}, spec('v1')), daemonSet({}, spec('v2')))).toMatchObject([
        { before: '(masked)', after: '(masked, changed)' },
      ]);
    },
  );

  test.each(['LOG_LEVEL', 'MONKEY', 'PATH'])('variable %s is shown', (name) => {
    const spec = (value: string) => ({ template: { spec: { containers: [{ name: 'a', env: [{ name, value }] }] } } });
    expect(ofDaemonSet(daemonSet({}, spec('v1')), daemonSet({}, spec('v2')))).toMatchObject([
      { before: 'v1', after: 'v2' },
    ]);
  });

  test.each([
    ['--token=abc123', '--token=(masked)'],
    ['password: hunter2', 'password: (masked)'],
    ['https://me:hunter2@example.com/x', 'https://me:(masked)@example.com/x'],
    ['Authorization: Bearer abcdefgh123', 'Authorization: Bearer (masked)'],
    ['{"api_key": "abc"}', '{"api_key": "(masked)"}'],
  ])('inside a text: %s', (text, shown) => {
    const map = (value: string): Json => ({ metadata: {}, data: { 'agent.conf': value } });
    expect(ofKind('ConfigMap', map(''), map(text))).toMatchObject([{ after: shown }]);
  });

  test('an argument after a flag that asks for a secret', () => {
    const spec = (args: string[]) => ({ template: { spec: { containers: [{ name: 'a', args }] } } });
    const changes = ofDaemonSet(daemonSet({}, spec([])), daemonSet({}, spec(['--api-key', 'abc', '--level', 'debug'])));
    expect(changes).toMatchObject([{ after: '["--api-key","(masked)","--level","debug"]' }]);
  });
});

describe('what is shown', () => {
  test('long texts are cut around their first difference', () => {
    const shown = showPair(`${'x'.repeat(500)}A${'y'.repeat(500)}`, `${'x'.repeat(500)}B${'y'.repeat(500)}`);
    expect(shown.before).toHaveLength(120);
    expect(shown.before).toMatch(/^…x{20}Ay+…$/);
    expect(shown.after).toMatch(/^…x{20}By+…$/);
  });

  test('control characters are written out', () => {
    expect(showPair('a\nb\u001b[31m', '\u202Ereversed').before).toBe('a\\nb\\u001b[31m');
    expect(showPair('a', '\u202Ereversed').after).toBe('\\u202ereversed');
  });
});
