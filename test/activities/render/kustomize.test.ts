import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { describeObject } from '../../../domain/manifest/object.ts';
import { at } from '../../../domain/plain.ts';
import { type Bench, daemonSet, makeBench, renderTools, toolsTimeoutMs } from './support.ts';

let tools: Awaited<ReturnType<typeof renderTools>>;
let bench: Bench;

beforeAll(async () => {
  tools = await renderTools();
}, toolsTimeoutMs);
beforeEach(() => {
  bench = makeBench(tools);
});

const refused = (path = 'prod'): string =>
  `BadInput: application agents: kustomize cannot render ${path} at commit HEAD, nothing was applied:\n`;

/** An overlay on a base beside it. */
const overlay = {
  'base/kustomization.yaml': 'resources: [ds.yaml]\n',
  'base/ds.yaml': daemonSet,
  'prod/kustomization.yaml': `resources: [../base]
images: [{name: agent, newTag: "2"}]
patches: [{path: patch.yaml}]
configMapGenerator:
  - {name: config, files: [config/level, renamed=settings.ini], envs: [.env]}
`,
  'prod/patch.yaml': 'apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent, labels: {tier: node}}\n',
  'prod/config/level': 'debug\n',
  'prod/settings.ini': 'a=1\n',
  'prod/.env': 'KEY=value\nHOME\nKUBERNETES_SERVICE_HOST\n',
  'elsewhere/big.yaml': 'not: looked at\n',
};

test('an overlay is built from its base, patches and generated config, and says where each object came from', async () => {
  const rendered = await bench.render(overlay);
  expect(rendered.objects.map(describeObject).sort()).toEqual([
    expect.stringMatching(/^ConfigMap monitoring\/config-[a-z0-9]{10}$/),
    'DaemonSet monitoring/agent',
  ]);
  const ds = rendered.objects.find(({ kind }) => kind === 'DaemonSet');
  expect(at(ds?.body, 'spec', 'template', 'spec', 'containers', 0, 'image')).toBe('agent:2');
  expect(at(ds?.body, 'metadata', 'labels')).toEqual({ tier: 'node' });
  expect(ds?.source).toEqual({ file: 'prod (rendered by kustomize)', line: expect.any(Number) });
  const config = rendered.objects.find(({ kind }) => kind === 'ConfigMap');
  // A key without a value says nothing of the worker's environment.
  expect(at(config?.body, 'data')).toEqual({
    KEY: 'value',
    HOME: '',
    KUBERNETES_SERVICE_HOST: '',
    level: 'debug\n',
    renamed: 'a=1\n',
  });
  expect((await bench.again()).renderedDigest).toBe(rendered.renderedDigest);
});

test('auto takes kustomize where a kustomization is, and says so where both it and a chart are', async () => {
  const { renderedDigest } = await bench.render(overlay, 'render: kustomize');
  expect((await bench.again('render: auto')).renderedDigest).toBe(renderedDigest);
  expect(await bench.refusal({ ...overlay, 'prod/Chart.yaml': 'name: x\n' })).toBe(
    'BadInput: prod has both kustomization.yaml and Chart.yaml; set spec.source.render: kustomize, or helm',
  );
  expect(await bench.refusal(overlay, 'path: base\nrender: helm')).toBe(
    'BadInput: base has no Chart.yaml; add one, or correct spec.source.path or spec.source.render',
  );
  expect(await bench.refusal({ 'prod/ds.yaml': daemonSet }, 'render: kustomize')).toBe(
    'BadInput: prod has no kustomization.yaml; add one, or correct spec.source.path or spec.source.render',
  );
  expect(await bench.refusal({ 'prod/ds.yaml': daemonSet }, 'helm: {version: 1.2.3}')).toBe(
    'BadInput: spec.source.helm is for charts, and prod has no Chart.yaml; remove it, or correct spec.source.path',
  );
});

test('a kustomization at the root of the repository is built', async () => {
  const files = { 'kustomization.yml': 'resources: [ds.yaml]\n', 'ds.yaml': daemonSet };
  const { objects } = await bench.render(files, 'path: .');
  expect(objects.map(describeObject)).toEqual(['DaemonSet monitoring/agent']);
});

test('a component, a replacement, an inline patch and a built-in generator are built', async () => {
  const { objects } = await bench.render({
    ...overlay,
    'components/label/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target: {kind: DaemonSet}
    patch: |-
      - {op: add, path: /metadata/annotations, value: {a: b}}
`,
    'prod/kustomization.yaml': `resources: [../base]
components: [../components/label]
generators: [generator.yaml]
replacements: [{path: replacement.yaml}]
`,
    'prod/replacement.yaml': `source: {kind: DaemonSet, fieldPath: metadata.name}
targets: [{select: {kind: DaemonSet}, fieldPaths: [metadata.annotations.a]}]
`,
    'prod/generator.yaml': `apiVersion: builtin
kind: ConfigMapGenerator
metadata: {name: made}
files: [text/one.txt]
`,
    'prod/text/one.txt': '1',
  });
  expect(objects.map(describeObject).sort()).toEqual([
    expect.stringContaining('ConfigMap monitoring/made-'),
    'DaemonSet monitoring/agent',
  ]);
  expect(at(objects.find(({ kind }) => kind === 'DaemonSet')?.body, 'metadata', 'annotations')).toEqual({ a: 'agent' });
});

describe('nothing is loaded from elsewhere', () => {
  const vendor = 'commit a copy and name that';
  test.each([
    ['https://github.com/org/repo//base?ref=v1', 'resources'],
    ['http://169.254.169.254/latest/meta-data', 'resources'],
    ['github.com/org/repo', 'bases'],
    ['git@github.com:org/repo.git', 'components'],
    ['ssh://git@host/org/repo', 'resources'],
    ['git::https://host/org/repo', 'resources'],
    ['file:///etc', 'resources'],
    ['../base?ref=main', 'resources'],
    ['https://example.com/transformer.yaml', 'transformers'],
    ['https://example.com/patch.yaml', 'patchesStrategicMerge'],
    ['https://example.com/crd.json', 'crds'],
  ])('%s in %s', async (text, field) => {
    const files = { ...overlay, 'prod/kustomization.yaml': `namePrefix: a-\n${field}:\n  - ${text}\n` };
    expect(await bench.refusal(files)).toBe(
      `${refused()}prod/kustomization.yaml:3: ${field}[0]: ${text} is outside of this repository, and nothing is loaded from elsewhere; ${vendor}`,
    );
  });

  test('in a base, a generator, a patch and a schema', async () => {
    const files = {
      ...overlay,
      'base/kustomization.yaml': `resources: [https://example.com/a.yaml]
configMapGenerator: [{name: x, files: ["key=https://example.com/file"], envs: [https://example.com/env]}]
patches: [{path: https://example.com/p.yaml}]
openapi: {path: https://example.com/schema.json}
`,
    };
    expect((await bench.refusal(files)).replaceAll(/https:\/\/[^ ]+ is outside.*/g, 'URL')).toBe(
      `${refused()}base/kustomization.yaml:1: resources[0]: URL
base/kustomization.yaml:3: patches[0].path: URL
base/kustomization.yaml:4: openapi.path: URL
base/kustomization.yaml:2: configMapGenerator[0].files[0]: URL
base/kustomization.yaml:2: configMapGenerator[0].envs[0]: URL`,
    );
  });

  test('also when a file of that name is in the repository: kustomize would still ask for it', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(daemonSet);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/a.yaml`;
    const files = { ...overlay, 'prod/kustomization.yaml': `resources: ["${url}"]\n`, [`prod/${url}`]: daemonSet };
    expect(await bench.refusal(files)).toContain('is outside of this repository');
    expect(asked).toEqual([]);
    server.close();
  });
});

describe('no file outside of the tree is read', () => {
  test.each([
    [
      '../../../etc/passwd',
      'resources',
      '../../../etc/passwd leads out of the repository; commit a copy and name that',
    ],
    ['/etc/passwd', 'resources', '/etc/passwd is an absolute path; write it relative to prod'],
    ['../..', 'resources', '../.. leads out of the repository; commit a copy and name that'],
    ['gone.yaml', 'resources', 'prod/gone.yaml does not exist at this commit; add it, or correct the path'],
    ['../elsewhere', 'resources', 'elsewhere has no kustomization.yaml; add one, or name the files themselves'],
    [
      '../elsewhere/big.yaml',
      'patchesStrategicMerge',
      'elsewhere/big.yaml is not below prod: kustomize reads single files only there; make its folder a base',
    ],
  ])('%s in %s', async (text, field, sentence) => {
    const files = { ...overlay, 'prod/kustomization.yaml': `${field}: [${text}]\n` };
    expect(await bench.refusal(files)).toBe(`${refused()}prod/kustomization.yaml:1: ${field}[0]: ${sentence}`);
  });

  test.each([
    ['passwd', '/etc/passwd', 'prod/passwd'],
    ['link/ds.yaml', '../base', 'prod/link/ds.yaml'],
    ['link', '../base', 'prod/link'],
  ])('through a symbolic link: %s to %s', async (named, link, shown) => {
    const kustomization = `resources: [${named}]\n`;
    const linked = { [`prod/${named.split('/')[0]}`]: { link } };
    expect(await bench.refusal({ ...overlay, 'prod/kustomization.yaml': kustomization, ...linked })).toBe(
      `${refused()}prod/kustomization.yaml:1: resources[0]: ${shown} is, or is in, a symbolic link, which is not followed; replace it by what it points to`,
    );
  });

  test('through a link that is the kustomization itself, or in a folder of a generator', async () => {
    const itself = { ...overlay, 'prod/kustomization.yaml': { link: '../base/kustomization.yaml' } };
    expect(await bench.refusal(itself)).toBe(
      `${refused()}prod/kustomization.yaml:1: prod/kustomization.yaml is a symbolic link, which is not followed`,
    );
    const inFolder = {
      ...overlay,
      'prod/kustomization.yaml': 'configMapGenerator: [{name: x, files: [config]}]\n',
      'prod/config/hosts': { link: '/etc/hosts' },
    };
    expect(await bench.refusal(inFolder)).toContain('prod/config/hosts is a symbolic link, which is not followed');
  });

  test('what a generator of kustomize names in a folder', async () => {
    const files = {
      ...overlay,
      'prod/kustomization.yaml': 'configMapGenerator: [{name: x, files: ["a=../../../../etc/hostname"]}]\n',
    };
    expect(await bench.refusal(files)).toContain('../../../../etc/hostname leads out of the repository');
  });
});

describe('no program is run', () => {
  const exec = `apiVersion: example.com/v1
kind: Anything
metadata:
  name: x
  annotations:
    config.kubernetes.io/function: |
      exec: {path: /bin/sh, args: [-c, "touch /tmp/nodewave-was-run"]}
`;
  test.each([
    [
      'generators',
      exec,
      'prod/plugin.yaml:6: metadata.annotations["config.kubernetes.io/function"]: functions in containers or programs are not run; commit what it makes, or use a built-in one',
    ],
    ['transformers', exec, 'prod/plugin.yaml:6: metadata.annotations["config.kubernetes.io/function"]: functions'],
    [
      'validators',
      'apiVersion: example.com/v1\nkind: Check\nmetadata: {name: x}\n',
      'prod/plugin.yaml:1: apiVersion: example.com/v1 Check is a plugin outside of kustomize, which is not run; commit what it makes, or use a built-in one',
    ],
    [
      'generators',
      'apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: chart\nrepo: https://example.com\n',
      'prod/plugin.yaml:2: kind: charts are not inflated by kustomize',
    ],
  ])('%s %#', async (field, plugin, sentence) => {
    const files = { ...overlay, 'prod/kustomization.yaml': `${field}: [plugin.yaml]\n`, 'prod/plugin.yaml': plugin };
    expect(await bench.refusal(files)).toContain(sentence);
    // The same, behind a folder, and written into the kustomization.
    const deep = {
      ...overlay,
      'prod/kustomization.yaml': `${field}: [plugins]\n`,
      'prod/plugins/plugin.yaml': plugin,
      'prod/plugins/kustomization.yaml': 'resources: [plugin.yaml]\n',
    };
    expect(await bench.refusal(deep)).toContain(sentence.replace('prod/', 'prod/plugins/'));
    const inline = { ...overlay, 'prod/kustomization.yaml': `${field}:\n  - |\n${plugin.replaceAll(/^/gm, '    ')}\n` };
    expect(await bench.refusal(inline)).toContain(
      `prod/kustomization.yaml:2: ${field}[0]: ${sentence.replace(/^.*?: .*?: /, '')}`,
    );
    expect(existsSync('/tmp/nodewave-was-run')).toBe(false);
  });

  test('charts of a kustomization are refused', async () => {
    const files = { ...overlay, 'prod/kustomization.yaml': 'helmCharts:\n  - {name: x, repo: https://example.com}\n' };
    expect(await bench.refusal(files)).toContain(
      'prod/kustomization.yaml:1: helmCharts: charts are not inflated by kustomize, which would load them; commit the output of "helm template" as a resource, or give the chart an application with render: helm',
    );
  });
});

test('what kustomize itself refuses is told in its words, without the folder of the copy, which is removed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodewave-copies-'));
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const said = await bench.refusal({
    ...overlay,
    'prod/patch.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: no}\n',
  });
  expect(said).toContain(`${refused()}kustomize says: no resource matches strategic merge patch`);
  expect(said).not.toContain('nodewave-render-');
  expect(await bench.refusal({ ...overlay, 'prod/kustomization.yaml': 'resource: [x]\n' })).toMatch(
    /unknown field "resource"/,
  );
  expect(readdirSync(folder)).toEqual([]);
});

test('an object that cannot be used is named with the line of the rendered text', async () => {
  const files = {
    ...overlay,
    'prod/patch.yaml': `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec: {selector: {matchLabels: {app: other}}}
`,
  };
  expect(await bench.refusal(files)).toMatch(
    /nothing was applied:\nprod \(rendered by kustomize\):\d+: spec\.selector\.matchLabels\.app: does not match/,
  );
});

test('a build that needs too much memory is ended', async () => {
  bench = makeBench(tools, { memoryBytes: 20 * 1024 * 1024 });
  const big = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata: {text: ${'x'.repeat(4_000_000)}}\n`;
  const files = { 'prod/kustomization.yaml': 'resources: [big.yaml]\n', 'prod/big.yaml': big };
  expect(await bench.refusal(files)).toBe(
    `${refused()}kustomize needed more than 20 MB of memory and was ended; look for a loop or a huge value in what it renders`,
  );
});

test('a worker without kustomize, or with another major version, says what its operator has to do', async () => {
  bench = makeBench({ path: '/nowhere' });
  const sentence = 'Infrastructure: application agents: kustomize cannot render prod at commit HEAD:\n';
  expect(await bench.refusal(overlay)).toBe(
    `${sentence}kustomize was not found on the PATH of the worker; install kustomize v5 there, or name its file in NODEWAVE_KUSTOMIZE`,
  );
  bench = makeBench({ kustomize: '/nowhere/kustomize' });
  expect(await bench.refusal(overlay)).toBe(
    `${sentence}NODEWAVE_KUSTOMIZE=/nowhere/kustomize is not an executable file on the worker; correct it, or unset it to have the PATH searched`,
  );
});
