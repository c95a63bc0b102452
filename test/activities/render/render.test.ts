import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { renderCommit } from '../../../activities/render/render.ts';
import { parseApplications } from '../../../domain/application/parse.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import { describeObject } from '../../../domain/manifest/object.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from '../git/scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let git: GitStore;

beforeEach(() => {
  root = scratchFolder();
  repo = scratchRepo(`${root.dir}/repo`);
  git = createGitStore({ cacheDir: `${root.dir}/cache` });
});
afterEach(() => root.remove());

function application(path: string, render = 'auto'): ApplicationSpec {
  const text = `
apiVersion: nodewave.dev/v1alpha1
kind: NodeApplication
metadata: {name: agents}
spec:
  source: {repo: ${repo.dir}, path: ${path}, render: ${render}}
  destination: {cluster: prod, namespace: monitoring}
`;
  const [spec] = parseApplications(text, 'app.yaml').specs;
  if (spec === undefined) throw new Error('the application must parse');
  return spec;
}

const daemonSet = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: agent:1}]}
`;
const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\n';

test('a folder of files and documents becomes objects', async () => {
  repo.write('prod/ds.yaml', daemonSet);
  repo.write('prod/deep/more.yml', `${config}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: monitoring}\n`);
  const commit = repo.commit('agent 1');
  const rendered = await renderCommit({ git }, application('prod'), commit);
  expect(rendered.objects.map(describeObject)).toEqual([
    'ConfigMap monitoring/config',
    'Namespace monitoring',
    'DaemonSet monitoring/agent',
  ]);
  expect(rendered.objects[2]?.source).toEqual({ file: 'prod/ds.yaml', line: 1 });
  expect(rendered).toMatchObject({
    subject: 'agent 1',
    warnings: [],
    renderedDigest: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
});

test('the digest is that of the objects, not of files, comments or commits', async () => {
  repo.write('a/one.yaml', `${daemonSet}---\n${config}`);
  repo.write('b/1.yaml', `# a comment\n${config}`);
  repo.write('b/2.json', JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'other' }, apiVersion: 'v1' }));
  repo.write('c/1.yaml', daemonSet);
  repo.write('c/2.yaml', config);
  const first = await renderCommit({ git }, application('a'), repo.commit('x'));
  const moved = await renderCommit({ git }, application('c'), repo.commit('y'));
  expect(moved.renderedDigest).toBe(first.renderedDigest);
  const other = await renderCommit({ git }, application('b'), repo.git('rev-parse', 'HEAD'));
  expect(other.renderedDigest).not.toBe(first.renderedDigest);
});

test('every error is listed with file and line, at most ten', async () => {
  repo.write('prod/a.yaml', 'a: 1\n\ta: 2\n');
  repo.write('prod/b.yaml', 'kind: ConfigMap\nmetadata: {name: x}\n');
  repo.write('prod/c.yaml', daemonSet.replace('app: agent}}\n    spec', 'app: agnet}}\n    spec'));
  const commit = repo.commit('bad');
  await expect(renderCommit({ git }, application('prod'), commit)).rejects.toMatchObject({
    code: 'BadInput',
    message: [
      `commit ${commit.slice(0, 8)} has 3 errors, nothing was applied:`,
      'prod/a.yaml:2: not valid YAML: tabs are not allowed as indentation',
      'prod/b.yaml:1: apiVersion: is missing; every Kubernetes object needs one, such as apps/v1',
      'prod/c.yaml:5: spec.selector.matchLabels.app: does not match the pod template: spec.template.metadata.labels has app: agnet, the selector wants app: agent; make the two the same',
    ].join('\n'),
  });
  repo.write('prod/b.yaml', 'kind: ConfigMap\n---\n'.repeat(10));
  await expect(renderCommit({ git }, application('prod'), repo.commit('worse'))).rejects.toThrow(/and 12 more errors$/);
});

test('nothing to apply is an error that names path and commit', async () => {
  repo.write('prod/README.md', 'x');
  repo.write('prod/empty.yaml', '# nothing\n---\n');
  const commit = repo.commit('empty');
  await expect(renderCommit({ git }, application('prod'), commit)).rejects.toMatchObject({
    code: 'BadInput',
    message: `no manifests found in prod at ${commit.slice(0, 8)}; add .yaml, .yml or .json files, or correct spec.source.path`,
  });
});

test('with plain a kustomization and a chart are left out, and what is beside them is taken', async () => {
  repo.write('prod/kustomization.yaml', 'resources: [ds.yaml]\n');
  repo.write('prod/deep/Chart.yaml', 'name: x\n');
  repo.write('prod/ds.yaml', daemonSet);
  const rendered = await renderCommit({ git }, application('prod', 'plain'), repo.commit('kustomize'));
  expect(rendered.objects.map(describeObject)).toEqual(['DaemonSet monitoring/agent']);
  expect(rendered.warnings).toEqual([
    'prod/deep/Chart.yaml is left out: manifests are applied as they are, without helm',
    'prod/kustomization.yaml is left out: manifests are applied as they are, without kustomize',
  ]);
});
