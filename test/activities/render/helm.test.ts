import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeObject } from '../../../domain/manifest/object.ts';
import { at } from '../../../domain/plain.ts';
import { type Bench, type Files, makeBench, renderTools, toolsTimeoutMs } from './support.ts';

let tools: Awaited<ReturnType<typeof renderTools>>;
let bench: Bench;

beforeAll(async () => {
  tools = await renderTools();
}, toolsTimeoutMs);
beforeEach(() => {
  bench = makeBench(tools);
});

const refused = 'BadInput: application agents: helm cannot render prod at commit HEAD, nothing was applied:\n';

const template = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ .Release.Name }}-agent
  annotations: {level: {{ .Values.level | quote }}, region: {{ .Values.region | quote }}}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "agent:{{ .Chart.AppVersion }}"}]}
`;

/** A chart with a DaemonSet, and more templates. */
function chart(templates: Files = {}, more: Files = {}): Files {
  const below = Object.entries(templates).map(([name, text]) => [`prod/templates/${name}`, text]);
  return {
    'prod/Chart.yaml': 'apiVersion: v2\nname: agent\nversion: 1.2.3\nappVersion: "7"\n',
    'prod/values.yaml': 'level: info\nregion: none\nmore: {a: 1, b: 2}\n',
    'prod/templates/ds.yaml': template,
    ...Object.fromEntries(below),
    ...more,
  };
}

const configMap = (data: string): string => `apiVersion: v1
kind: ConfigMap
metadata: {name: made}
data: {${data}}
`;

/** The data of the ConfigMap that a template makes. */
async function made(data: string, more: Files = {}, source?: string): Promise<unknown> {
  const { objects } = await bench.render(chart({ 'made.yaml': configMap(data) }, more), source);
  return at(objects.find(({ kind }) => kind === 'ConfigMap')?.body, 'data');
}

const annotations = async (files: Files, source?: string): Promise<unknown> =>
  at((await bench.render(files, source)).objects[0]?.body, 'metadata', 'annotations');

describe('a chart in git', () => {
  test('is rendered as a release of the application, in its namespace, and says where each object came from', async () => {
    const rendered = await bench.render(chart({ '_helpers.tpl': '{{ define "x" }}y{{ end }}', 'NOTES.txt': 'hello' }));
    expect(rendered.objects.map(describeObject)).toEqual(['DaemonSet monitoring/agents-agent']);
    expect(rendered.objects[0]?.source).toEqual({ file: 'prod/templates/ds.yaml (rendered by helm)', line: 3 });
    expect(at(rendered.objects[0]?.body, 'spec', 'template', 'spec', 'containers', 0, 'image')).toBe('agent:7');
    expect(rendered.warnings).toEqual([]);
    // Another process, another copy: the same digest.
    expect((await bench.again('render: helm')).renderedDigest).toBe(rendered.renderedDigest);
  });

  test('takes values from files of the repository, later ones and inline ones winning, and null removing a default', async () => {
    const files = chart(
      {},
      { 'values/all.yaml': 'level: warn\nregion: eu\n', 'prod/values-prod.yaml': 'level: error\n' },
    );
    expect(await annotations(files)).toEqual({ level: 'info', region: 'none' });
    const source = 'helm: {valuesFiles: [values/all.yaml, prod/values-prod.yaml]}';
    expect(await annotations(files, source)).toEqual({ level: 'error', region: 'eu' });
    const inline = 'helm: {valuesFiles: [values/all.yaml], values: {level: "0644"}, releaseName: other}';
    const { objects } = await bench.render(files, inline);
    expect(objects.map(describeObject)).toEqual(['DaemonSet monitoring/other-agent']);
    expect(at(objects[0]?.body, 'metadata', 'annotations')).toEqual({ level: '0644', region: 'eu' });
    expect(
      await made(
        'keys: {{ .Values.more | keys | sortAlpha | join "," | quote }}',
        {},
        'helm: {values: {more: {a: null}}}',
      ),
    ).toEqual({
      keys: 'b',
    });
  });

  test('sees the versions that the application states, and otherwise the same on every worker', async () => {
    const data =
      'kube: {{ .Capabilities.KubeVersion.Version }}, has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}';
    expect(await made(data)).toEqual({ kube: 'v1.33.0', has: 'false' });
    const source = 'helm: {kubeVersion: 1.30.2, apiVersions: [example.com/v1]}';
    expect(await made(data, {}, source)).toEqual({ kube: 'v1.30.2', has: 'true' });
  });

  test('is refused when its version is not the one that the application pins', async () => {
    await bench.render(chart(), 'helm: {version: 1.2.3}');
    expect(await bench.refusal(chart(), 'helm: {version: 1.2.4}')).toBe(
      `${refused}prod/Chart.yaml:3: version: is 1.2.3, and the application pins 1.2.4; commit the chart of version 1.2.4, or change spec.source.helm.version`,
    );
  });

  test('brings its CRDs, or not', async () => {
    const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, names: {kind: Thing, plural: things}, scope: Namespaced, versions: []}
`;
    const files = chart({}, { 'prod/crds/thing.yaml': crd });
    const { objects } = await bench.render(files);
    expect(objects.map((object) => [describeObject(object), object.source])).toEqual([
      ['CustomResourceDefinition things.example.com', { file: 'prod/crds/thing.yaml (rendered by helm)', line: 3 }],
      ['DaemonSet monitoring/agents-agent', { file: 'prod/templates/ds.yaml (rendered by helm)', line: 10 }],
    ]);
    expect((await bench.render(files, 'helm: {crds: skip}')).objects).toHaveLength(1);
  });

  test('loses its hooks, each named, and its tests', async () => {
    const job = (name: string, hook: string) =>
      `apiVersion: batch/v1\nkind: Job\nmetadata: {name: ${name}, annotations: {"helm.sh/hook": "${hook}"}}\n`;
    const templates = {
      'migrate.yaml': job('migrate', 'pre-upgrade,pre-install'),
      'tests/test.yaml': job('try', 'test'),
      'old.yaml': job('old', 'test-success'),
    };
    const { objects, warnings } = await bench.render(chart(templates));
    expect(objects.map(describeObject)).toEqual(['DaemonSet monitoring/agents-agent']);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^prod\/templates\/migrate\.yaml \(rendered by helm\):\d+: Job migrate is a hook of Helm \(pre-upgrade,pre-install\), which is not run; run what it does by other means, or turn it off$/,
      ),
    ]);
  });

  test('is rendered with the dependencies in its folder charts', async () => {
    const parent = {
      'prod/Chart.yaml': `apiVersion: v2
name: agent
version: 1.2.3
appVersion: "7"
dependencies: [{name: common, version: 1.0.0, repository: "https://charts.example.com"}]
`,
    };
    expect(await bench.refusal(chart({}, parent))).toBe(
      `${refused}prod/Chart.yaml:5: dependencies[0]: common is not in prod/charts; run "helm dependency build" and commit the charts folder`,
    );
    const vendored = {
      'prod/charts/common/Chart.yaml': 'apiVersion: v2\nname: common\nversion: 1.0.0\n',
      'prod/charts/common/templates/cm.yaml': configMap('from: {{ .Chart.Name }}'),
    };
    const { objects } = await bench.render(chart({}, { ...parent, ...vendored }));
    expect(objects.map(describeObject).sort()).toEqual([
      'ConfigMap monitoring/made',
      'DaemonSet monitoring/agents-agent',
    ]);
    expect(objects.find(({ kind }) => kind === 'ConfigMap')?.source.file).toBe(
      'prod/charts/common/templates/cm.yaml (rendered by helm)',
    );
  });
});

describe('nothing outside of the chart is read', () => {
  test.each([
    ['.Files.Get "../secret.txt"', ''],
    ['.Files.Get "../../../../../../etc/passwd"', ''],
    ['.Files.Get "/etc/passwd"', ''],
    ['tpl (.Files.Get "../secret.txt") .', ''],
    ['tpl "{{ .Files.Get \\"/etc/passwd\\" }}" .', ''],
    ['.Files.Glob "../**" | toString', 'map[]'],
    ['lookup "v1" "Secret" "kube-system" "" | toString', 'map[]'],
    ['.Files.Get "inside.txt"', 'in the chart'],
    ['getHostByName "localhost"', ''],
  ])('%s gives "%s"', async (expression, given) => {
    const more = { 'secret.txt': 'a secret', 'prod/inside.txt': 'in the chart' };
    expect(await made(`got: {{ ${expression} | quote }}`, more)).toEqual({ got: given });
  });

  test.each(['env "HOME"', 'expandenv "$HOME"'])('%s is no function', async (expression) => {
    const files = chart({ 'made.yaml': configMap(`got: {{ ${expression} }}`) });
    expect(await bench.refusal(files)).toMatch(
      /helm says: .*prod\/templates\/made\.yaml:4\).*function "\w+" not defined/,
    );
  });

  test.each([
    ['prod/templates/passwd.yaml', '/etc/passwd'],
    ['prod/charts/common', '../../other'],
    ['prod/values.yaml', '../values.yaml'],
  ])('a symbolic link %s to %s', async (path, link) => {
    expect(await bench.refusal({ ...chart(), [path]: { link } })).toBe(
      `${refused}${path}:1: is a symbolic link, which is not followed; replace it by what it points to`,
    );
  });

  test('a values file has to be a file of the repository', async () => {
    const field = 'spec.source.helm.valuesFiles';
    const files = { ...chart(), 'prod/prod.yaml': 'level: x\n', 'link.yaml': { link: '/etc/passwd' } };
    expect(await bench.refusal(files, 'helm: {valuesFiles: [prod.yaml]}')).toBe(
      `${refused}${field}: there is no file prod.yaml (from the root of the repository); did you mean prod/prod.yaml?`,
    );
    expect(await bench.refusal(files, 'helm: {valuesFiles: [gone.yaml]}')).toBe(
      `${refused}${field}: there is no file gone.yaml (from the root of the repository); add it, or correct the path`,
    );
    expect(await bench.refusal(files, 'helm: {valuesFiles: [link.yaml]}')).toBe(
      `${refused}${field}: link.yaml is a symbolic link; name a file of the repository`,
    );
    expect(await bench.refusal(files, 'helm: {valuesFiles: [prod]}')).toContain('prod is a folder; name a file');
  });

  test('a name of a file that would leave the copy is refused', async () => {
    expect(await bench.refusal({ ...chart(), 'prod/templates/../../../x.yaml': 'a: 1\n' })).toBe(
      `${refused}"prod/templates/../../../x.yaml" is not a usable name of a file; rename it in the repository`,
    );
  });
});

describe('a template that goes wrong is named with its line', () => {
  test('when it cannot be parsed, or fails', async () => {
    expect(await bench.refusal(chart({ 'bad.yaml': 'a: 1\nb: {{ .Values.x \n' }))).toMatch(
      /helm says: parse error at .*prod\/templates\/bad\.yaml:2$/,
    );
    expect(await bench.refusal(chart({ 'bad.yaml': 'a: 1\nb: {{ fail "set a region" }}\n' }))).toMatch(
      /helm says: execution error at \(prod\/templates\/bad\.yaml:2:6\): set a region$/,
    );
    expect(await bench.refusal(chart({ 'bad.yaml': '{{ required "level is needed" .Values.nothing }}' }))).toMatch(
      /prod\/templates\/bad\.yaml:1:3.*level is needed/s,
    );
  });

  test('when it makes no valid YAML', async () => {
    const said = await bench.refusal(
      chart({ 'bad.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n bad: 1\n' }),
    );
    expect(said).toMatch(/helm says: YAML parse error on prod\/templates\/bad\.yaml: .*line [45]/);
    expect(said).not.toContain('--debug');
    expect(
      await bench.refusal(
        chart({ 'bad.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b, a: c}\n' }),
      ),
    ).toMatch(
      /prod\/templates\/bad\.yaml \(rendered by helm\):\d+: data\.a: the key is there twice, first on line \d+; remove one of them/,
    );
  });

  test('when values are not what the schema of the chart wants, or no mapping', async () => {
    const schema = JSON.stringify({ properties: { level: { type: 'number' } } });
    expect(await bench.refusal(chart({}, { 'prod/values.schema.json': schema }))).toMatch(
      /helm says: values don't meet/,
    );
    expect(await bench.refusal(chart({}, { 'v.yaml': '- a\n' }), 'helm: {valuesFiles: [v.yaml]}')).toMatch(
      /helm says: .*v\.yaml.*cannot unmarshal/s,
    );
  });

  test('when Chart.yaml is none', async () => {
    expect(await bench.refusal(chart({}, { 'prod/Chart.yaml': '- a\n' }))).toBe(
      `${refused}prod/Chart.yaml:1: is no chart; expected a mapping with apiVersion, name and version`,
    );
    expect(await bench.refusal(chart({}, { 'prod/Chart.yaml': 'a: "\n' }))).toMatch(
      /prod\/Chart\.yaml:\d: not valid YAML/,
    );
  });
});

test.each(['randAlphaNum 12', 'uuidv4', 'now | date "15:04:05.000000000"', 'genPrivateKey "ecdsa"'])(
  'a chart that renders something else each time is refused: %s',
  async (expression) => {
    expect(await bench.refusal(chart({ 'made.yaml': configMap(`got: {{ ${expression} | quote }}`) }))).toMatch(
      /prod\/templates\/made\.yaml \(rendered by helm\):\d+: renders differently each time, so that a plan could never be approved; set the value that is random or the time, or an existing Secret, in the values$/,
    );
  },
);

describe('a chart that takes too much is ended', () => {
  const small = { cpuSeconds: 1, wallMs: 20_000, memoryBytes: 150 * 1024 * 1024, stdoutBytes: 1_000_000 };
  beforeEach(() => {
    bench = makeBench(tools, small);
  });

  test('processor time: loops', async () => {
    const loop = '{{ range $a := until 30000 }}{{ range $b := until 30000 }}{{ end }}{{ end }}';
    expect(await bench.refusal(chart({ 'loop.yaml': loop }))).toBe(
      `${refused}helm used more than 1 s of processor time and was ended; look for a loop or a huge value in what it renders`,
    );
  });

  test('memory: a huge list', async () => {
    bench = makeBench(tools, { ...small, cpuSeconds: 20 });
    expect(await bench.refusal(chart({ 'huge.yaml': '{{ $x := until 100000000 }}' }))).toBe(
      `${refused}helm needed more than 150 MB of memory and was ended; look for a loop or a huge value in what it renders`,
    );
  });

  test('memory: a text that doubles, within the addresses that the kernel allows', async () => {
    bench = makeBench(tools, { ...small, cpuSeconds: 20 });
    const doubles = '{{ $s := "x" }}{{ range until 27 }}{{ $s = print $s $s }}{{ end }}';
    const stays = '{{ range until 3000 }}{{ range until 3000 }}{{ end }}{{ end }}{{ $n := len $s }}';
    expect(await bench.refusal(chart({ 'doubles.yaml': doubles + stays }))).toContain('helm needed more than 150 MB');
  });

  test('output: 50 MB', async () => {
    bench = makeBench(tools, { stdoutBytes: 1_000_000 });
    const much = configMap('got: {{ repeat 50000000 "x" | quote }}');
    expect(await bench.refusal(chart({ 'much.yaml': much }))).toBe(
      `${refused}helm wrote more than 1000000 bytes and was ended; divide it among several applications, or leave out what is not needed`,
    );
  });

  test('templates that call themselves', async () => {
    const files = chart({ '_x.tpl': '{{ define "x" }}{{ include "x" . }}{{ end }}', 'x.yaml': '{{ include "x" . }}' });
    expect(await bench.refusal(files)).toMatch(/helm says: .*(rendering template has a nested reference|recursion)/s);
  });

  test('files: too many of them, or too large', async () => {
    expect(await bench.refusal(chart({}, { 'prod/huge.bin': 'x'.repeat(20_000_001) }))).toMatch(
      /is \d+ files of \d+ bytes, more than 2000 files or 20000000 bytes; keep what is not rendered in another folder/,
    );
  });

  test('time that the processor was not used, which is the fault of nobody who writes charts', async () => {
    bench = makeBench({ helm: `${import.meta.dirname}/fixtures/sleep.sh` }, { ...small, wallMs: 300 });
    expect(await bench.refusal(chart())).toBe(
      'Infrastructure: application agents: helm cannot render prod at commit HEAD:\nhelm did not end within 0.3 s, the worker being busy; trying again',
    );
  });
});

test('another major version of Helm is refused', async () => {
  bench = makeBench({ helm: `${import.meta.dirname}/fixtures/helm-4.sh` });
  expect(await bench.refusal(chart())).toMatch(
    /^Infrastructure: .*\n.*helm-4\.sh is helm v4\.0\.1\+g1234567, and v3 is needed; name a helm v3 in NODEWAVE_HELM$/,
  );
});
