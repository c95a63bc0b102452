import { expect, test } from 'vitest';
import { quarantineKey, renderedDigest } from '../../../domain/manifest/digests.ts';
import type { ManifestObject } from '../../../domain/manifest/object.ts';
import { kindOrder } from '../../../domain/manifest/order.ts';
import { referencedConfig } from '../../../domain/manifest/references.ts';
import type { PodTemplate } from '../../../domain/record.ts';

function object(
  kind: string,
  name: string,
  content: Record<string, unknown> = {},
  namespace = 'monitoring',
): ManifestObject {
  const body = { apiVersion: 'v1', kind, metadata: { name, namespace }, ...content };
  return { apiVersion: 'v1', kind, namespace, name, body, source: { file: 'a.yaml', line: 1 } };
}

const template: PodTemplate = {
  metadata: { labels: { app: 'agent' } },
  spec: {
    imagePullSecrets: [{ name: 'pull' }],
    volumes: [
      { name: 'a', configMap: { name: 'volume-map' } },
      { name: 'b', secret: { secretName: 'volume-secret' } },
      {
        name: 'c',
        projected: {
          sources: [{ configMap: { name: 'projected-map' } }, { secret: { name: 'projected-secret' } }, {}],
        },
      },
      { name: 'd', emptyDir: {} },
    ],
    initContainers: [{ name: 'i', envFrom: [{ configMapRef: { name: 'init-map' } }] }],
    containers: [
      {
        name: 'agent',
        envFrom: [{ secretRef: { name: 'from-secret' } }, { configMapRef: { name: 'volume-map' } }],
        env: [
          { name: 'A', value: 'x' },
          { name: 'B', valueFrom: { configMapKeyRef: { name: 'key-map', key: 'k' } } },
          { name: 'C', valueFrom: { secretKeyRef: { name: 'key-secret', key: 'k' } } },
          { name: 'D', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        ],
      },
    ],
  },
};

test('every way to reference config is found, each once', () => {
  expect(referencedConfig(template).map(({ kind, name }) => `${kind}/${name}`)).toEqual([
    'ConfigMap/init-map',
    'ConfigMap/key-map',
    'ConfigMap/projected-map',
    'ConfigMap/volume-map',
    'Secret/from-secret',
    'Secret/key-secret',
    'Secret/projected-secret',
    'Secret/pull',
    'Secret/volume-secret',
  ]);
  expect(referencedConfig({})).toEqual([]);
  expect(referencedConfig({ spec: { volumes: 'x', containers: [null, 7] } })).toEqual([]);
});

test('a quarantine is lifted by a change of the template or of its config, and by nothing else', () => {
  const config = object('ConfigMap', 'volume-map', { data: { a: '1' } });
  const key = (objects: ManifestObject[], digest = 'd1'): string =>
    quarantineKey(digest, objects, template, 'monitoring');
  const before = key([config, object('ConfigMap', 'unrelated', { data: { a: '1' } })]);
  expect(key([object('ConfigMap', 'unrelated', { data: { a: '2' } }), config])).toBe(before);
  expect(key([{ ...config, source: { file: 'b.yaml', line: 9 } }])).toBe(before);
  expect(
    key([{ ...config, body: { ...config.body, metadata: { name: 'volume-map', labels: { commit: 'x' } } } }]),
  ).toBe(before);
  expect(key([config, object('ConfigMap', 'volume-map', { data: { a: '2' } }, 'other')])).toBe(before);

  expect(key([object('ConfigMap', 'volume-map', { data: { a: '2' } })])).not.toBe(before);
  expect(key([config, object('Secret', 'key-secret', { stringData: { k: 'x' } })])).not.toBe(before);
  expect(key([])).not.toBe(before);
  expect(key([config], 'd2')).not.toBe(before);
});

test('the rendered digest is that of the set of objects', () => {
  const a = object('ConfigMap', 'a', { data: { x: '1', y: '2' } });
  const b = object('ConfigMap', 'b');
  const digest = renderedDigest([a, b]);
  expect(renderedDigest([b, { ...a, body: { data: { y: '2', x: '1' }, ...a.body } }])).toBe(digest);
  expect(renderedDigest([a])).not.toBe(digest);
  expect(renderedDigest([a, object('ConfigMap', 'b', {}, 'other')])).not.toBe(digest);
});

test('apply order: what others need first, DaemonSets last', () => {
  const kinds = [
    'DaemonSet',
    'ValidatingWebhookConfiguration',
    'Deployment',
    'Widget',
    'RoleBinding',
    'ConfigMap',
    'Role',
    'Secret',
    'ServiceAccount',
    'CustomResourceDefinition',
    'Namespace',
  ];
  const given = kinds.map((kind) => object(kind, 'x'));
  expect(kindOrder(given).map(({ kind }) => kind)).toEqual([
    'Namespace',
    'CustomResourceDefinition',
    'ServiceAccount',
    'Secret',
    'ConfigMap',
    'Role',
    'RoleBinding',
    'Widget',
    'Deployment',
    'ValidatingWebhookConfiguration',
    'DaemonSet',
  ]);
  expect(given[0]?.kind).toBe('DaemonSet');
  const names = kindOrder([object('ConfigMap', 'b'), object('ConfigMap', 'a'), object('ConfigMap', 'z', {}, 'a')]);
  expect(names.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(['a/z', 'monitoring/a', 'monitoring/b']);
});
