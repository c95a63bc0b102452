import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { registerCommands } from '../../client/search-attributes.ts';
import { parseApplications } from '../../domain/application/parse.ts';
import { applicationDocument } from '../../domain/application/stringify.ts';
import { searchAttributeNames } from '../../domain/ids.ts';
import { isPlainObject } from '../../domain/plain.ts';
import { readClustersFile } from '../../worker/clusters-file.ts';
import { readReceiversFile } from '../../worker/receivers-file.ts';
import { codeBlocks, markdownFile, root, section, tableRows } from './markdown.ts';

const bare = (cell: string): string => cell.replaceAll('`', '');
const source = (path: string): string => readFileSync(join(root, path), 'utf8');

/** `spec.rollout.batches[].nodes` and the like, with the value. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, `${path}[]`));
  if (!isPlainObject(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}

test('every field of a NodeApplication has a row, with the default that it has', () => {
  const page = markdownFile('docs/application.md');
  const rows = new Map(tableRows(page).map(([field = '', , standard = '']) => [bare(field), bare(standard)]));
  const [example] = codeBlocks(page).filter(({ language }) => language === 'yaml');
  const [full] = parseApplications(example?.text ?? '', 'docs').specs;
  if (full === undefined) throw new Error('the page shows no application');
  for (const [field] of leaves(applicationDocument(full))) expect([...rows.keys()]).toContain(field);

  const least =
    'apiVersion: nodewave.dev/v1alpha1\nkind: NodeApplication\nmetadata: {name: x}\nspec: {source: {repo: /x}, destination: {cluster: dev}}';
  const [spec] = parseApplications(least, 'least').specs;
  if (spec === undefined) throw new Error('the least application is none');
  const told = leaves(applicationDocument(spec)).filter(([field]) => !field.includes('[]') && !field.includes('.ref.'));
  const different = told.filter(
    ([field, value]) => rows.get(field) !== 'required' && rows.get(field) !== String(value),
  );
  expect(different).toEqual([]);
});

test('every variable of the services has a row, and no row is of another one', () => {
  const variables = (text: string): string[] => [...new Set(text.match(/\bNODEWAVE_[A-Z_]+\b/g))].sort();
  const { text } = markdownFile('docs/configuration.md');
  expect(variables(section({ path: '', text }, 'Variables').text)).toEqual(variables(source('worker/config.ts')));
  for (const variable of variables(source('docker-compose.yml'))) expect(text).toContain(variable);
});

test('the files of the configuration page are read by the services', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nodewave-docs-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const [clusters, receivers] = codeBlocks(markdownFile('docs/configuration.md')).filter(
    ({ language }) => language === 'yaml',
  );
  writeFileSync(join(dir, 'clusters.yaml'), clusters?.text ?? '');
  expect(Object.keys(readClustersFile(join(dir, 'clusters.yaml')))).toEqual(['prod', 'staging', 'local']);
  for (const secret of ['github', 'ci', 'e2e']) writeFileSync(join(dir, secret), 'a secret');
  writeFileSync(join(dir, 'receivers.yaml'), receivers?.text.replaceAll('/etc/nodewave/secrets', dir) ?? '');
  expect(Object.keys(readReceiversFile(join(dir, 'receivers.yaml')))).toEqual(['github', 'ci', 'e2e']);
});

test('the commands for search attributes are those that the worker prints', () => {
  const commands = registerCommands(
    { address: 'ADDRESS', namespace: 'NAMESPACE' },
    Object.values(searchAttributeNames),
  );
  expect(markdownFile('docs/operate.md').text).toContain(commands);
});

test('the rights are those of deploy/rbac.yaml', () => {
  const granted = new Map<string, string[]>();
  for (const document of parseAllDocuments(source('deploy/rbac.yaml'))) {
    const { rules = [] } = document.toJS() as { rules?: { resources: string[]; verbs: string[] }[] };
    for (const { resources, verbs } of rules) {
      for (const resource of resources) granted.set(resource, [...(granted.get(resource) ?? []), ...verbs]);
    }
  }
  const told = new Map<string, string[]>();
  for (const [what = '', verbs = ''] of tableRows(section(markdownFile('docs/operate.md'), 'Rights in the cluster'))) {
    if (what === 'what') continue;
    const words = verbs.replace(/ \(.*\)/, '').split(', ');
    for (const resource of what.split(', ')) told.set(resource, words);
  }
  const sorted = (map: Map<string, string[]>) =>
    [...map].map(([key, verbs]) => `${key}: ${verbs.sort().join(' ')}`).sort();
  expect(sorted(told)).toEqual(sorted(granted));
});
