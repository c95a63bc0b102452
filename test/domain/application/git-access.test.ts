import { expect, test } from 'vitest';
import { accessProblem, credentialFor, defaultGitAccess } from '../../../domain/application/git-access.ts';

const strict = { protocols: ['https', 'ssh'], hosts: ['git.example.com', '*.corp.example', 'git.other:8443'] } as const;

test.each([
  'https://git.example.com/a/b.git',
  'https://GIT.example.com:443/a/b.git',
  'ssh://git@git.example.com/a/b.git',
  'git@git.example.com:a/b.git',
  'https://deep.git.corp.example/x/y',
  'https://git.other:8443/x/y',
])('%s may be read', (repo) => {
  expect(accessProblem(repo, strict)).toBeUndefined();
});

test.each([
  ['https://evil.example.com/a', 'is on host evil.example.com, which'],
  ['https://git.example.com.evil.net/a', 'is on host git.example.com.evil.net, which'],
  ['https://xgit.example.com/a', 'is on host xgit.example.com, which'],
  ['https://corp.example/a', 'is on host corp.example, which'],
  ['https://evilcorp.example/a', 'is on host evilcorp.example, which'],
  ['https://git.example.com:8443/a', 'is on host git.example.com:8443, which'],
  ['https://git.other/a', 'is on host git.other, which'],
  ['ssh://git@git.example.com:2222/a/b', 'is on host git.example.com:2222, which'],
  ['git@127.0.0.1:a', 'is on host 127.0.0.1, which'],
  ['https://[::1]/a', 'is on host [::1], which'],
])('%s is on a host that was not allowed', (repo, sentence) => {
  expect(accessProblem(repo, strict)).toBe(
    `${sentence} this worker is not allowed to read; add it to "hosts" of the worker's git file`,
  );
});

test.each([
  ['http://git.example.com/a', 'is reached by http, which', 'http'],
  ['/srv/git/x', 'is a folder of the worker, which', 'file'],
  ['file:///srv/git/x', 'is a folder of the worker, which', 'file'],
])('%s is not read unless that is allowed', (repo, sentence, protocol) => {
  const cure = `use https or ssh, or have "protocols" of the worker's git file allow ${protocol}`;
  expect(accessProblem(repo, defaultGitAccess)).toBe(`${sentence} this worker is not allowed to read; ${cure}`);
  expect(accessProblem(repo, { protocols: ['http', 'file'] })).toBeUndefined();
});

const credentials = [
  { for: 'https://git.example.com/', name: 'host' },
  { for: 'https://git.example.com/platform', name: 'group' },
  { for: 'https://git.example.com/platform/secret.git', name: 'one' },
  { for: 'git@git.example.com:platform', name: 'ssh' },
];
test.each([
  ['https://git.example.com/x.git', 'host'],
  ['https://git.example.com:443/platform/x', 'group'],
  ['https://git.example.com/platform', 'group'],
  ['https://git.example.com/platform.git', 'group'],
  ['https://git.example.com/platforms/x', 'host'],
  ['https://git.example.com/platform/secret.git', 'one'],
  ['https://git.example.com/platform/secret.gitx', 'group'],
  ['ssh://git.example.com/platform/x', 'ssh'],
  ['git@git.example.com:platform/x.git', 'ssh'],
  ['ssh://git.example.com:2222/platform/x', undefined],
  ['http://git.example.com/platform/x', undefined],
  ['https://git.example.com:8443/platform/x', undefined],
  ['https://example.com/platform/x', undefined],
])('%s is read with the credentials %s', (repo, name) => {
  expect(credentialFor(repo, credentials)?.name).toBe(name);
});
