import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { renderCommit } from '../../../activities/render/render.ts';
import { createManifestSource } from '../../../activities/render/renderers.ts';
import { parseApplications } from '../../../domain/application/parse.ts';
import { describeObject } from '../../../domain/manifest/object.ts';
import { at } from '../../../domain/plain.ts';
import { memoryGit, renderTools, toolsTimeoutMs } from './support.ts';

let tools: Awaited<ReturnType<typeof renderTools>>;

beforeAll(async () => {
  tools = await renderTools();
}, toolsTimeoutMs);

const folder = join(import.meta.dirname, '..', '..', '..', 'examples', 'renderers');

test.each([
  [
    'kustomize',
    [expect.stringMatching(/^ConfigMap monitoring\/node-agent-\w{10}$/), 'DaemonSet monitoring/node-agent'],
  ],
  ['helm', ['DaemonSet monitoring/node-agents-helm']],
])('the example of %s is rendered', async (name, expected) => {
  const dir = join(folder, name);
  const { specs, errors } = parseApplications(readFileSync(join(dir, 'application.yaml'), 'utf8'), 'application.yaml');
  expect(errors).toEqual([]);
  const [spec] = specs;
  if (spec === undefined) throw new Error('there is no application');
  const paths = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = paths.map((entry) => join(entry.parentPath, entry.name));
  const git = memoryGit(
    Object.fromEntries(files.map((file) => [file.slice(dir.length + 1), readFileSync(file, 'utf8')])),
  );
  const { objects, warnings } = await renderCommit(
    { git, manifests: createManifestSource({ git, tools }) },
    spec,
    '1'.repeat(40),
  );
  expect(objects.map(describeObject).sort()).toEqual(expected);
  expect(warnings).toEqual([]);
  const template = at(objects.find(({ kind }) => kind === 'DaemonSet')?.body, 'spec', 'template', 'spec');
  expect(at(template, 'containers', 0, 'image')).toBe('registry.example.com/agents/node-agent:1.0.0');
  expect(at(template, 'tolerations')).toEqual([{ operator: 'Exists' }]);
});
