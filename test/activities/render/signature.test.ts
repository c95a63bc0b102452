import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createGitStore } from '../../../activities/git/store.ts';
import { renderCommit } from '../../../activities/render/render.ts';
import { parseApplications } from '../../../domain/application/parse.ts';
import { scratchFolder, scratchRepo } from '../git/scratch-repo.ts';

const written = (repo: string, verify: string): string => `apiVersion: nodewave.dev/v1alpha1
kind: NodeApplication
metadata: {name: x}
spec: {source: {repo: ${repo}, path: prod${verify}}, destination: {cluster: dev}}
`;

test('what is rendered has passed the check of its signature, and warnings come with it', async () => {
  const root = scratchFolder();
  onTestFinished(() => root.remove());
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n';
  const repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': map });
  const git = createGitStore({ cacheDir: join(root.dir, 'cache') });
  const render = (verify: string) => {
    const [spec] = parseApplications(written(repo.dir, verify), 'a.yaml').specs;
    if (spec === undefined) throw new Error('it was refused');
    return renderCommit({ git }, spec, repo.git('rev-parse', 'HEAD'));
  };
  expect((await render('')).warnings).toEqual([]);
  expect((await render(', verify: warn')).warnings).toEqual([
    expect.stringMatching(/^commit \w{8} is not signed \(spec\.source\.verify: warn\)$/),
  ]);
  await expect(render(', verify: require')).rejects.toMatchObject({
    code: 'BadInput',
    message: expect.stringMatching(
      /^commit \w{8} is not signed; spec\.source\.verify is require, so nothing of it is applied/,
    ),
  });
});
