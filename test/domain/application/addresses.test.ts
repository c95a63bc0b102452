import { expect, test } from 'vitest';
import { refProblem } from '../../../domain/application/git-ref.ts';
import { repoPath } from '../../../domain/application/repo-path.ts';
import { repoProblem } from '../../../domain/application/repo-url.ts';

test.each([
  'https://example.com/a/b.git',
  'http://127.0.0.1:3000/x.git',
  'ssh://git@example.com:2222/a.git',
  'ssh://example.com/a.git',
  'git@example.com:a/b.git',
  'host:a/b.git',
  'file:///srv/git/x.git',
  '/srv/git/x.git',
  'https://[::1]/x.git',
])('the address %s can be used', (address) => {
  expect(repoProblem(address)).toBeUndefined();
});

test.each([
  ['', 'is empty'],
  ['-oProxyCommand=x', 'must not start with "-"'],
  ['--upload-pack=x', 'must not start with "-"'],
  ['ext::sh', 'must not name a transport helper'],
  ['fd::3', 'must not name a transport helper'],
  ['https://token@example.com/x', 'must not contain a user name or password'],
  ['https://u:p@ss@example.com/x', 'must not contain a user name or password'],
  ['ssh://git:secret@example.com/x', 'must not contain a user name or password'],
  ['ssh://-oProxyCommand=x/y', 'has no host name'],
  ['ssh://-x@example.com/y', 'must not start with "-"'],
  ['git://example.com/x', 'cannot use git://'],
  ['ftp://example.com/x', 'cannot use ftp://'],
  ['https://example.com', 'has no path'],
  ['https:///x', 'has no host name'],
  ['relative/path', 'is not the address of a repository'],
  ['../x', 'is not the address of a repository'],
  ['-host:path', 'must not start with "-"'],
  ['git@-host:path', 'is not the address of a repository'],
  ['git@host:-path', 'is not the address of a repository'],
  ['https://example.com/a b', 'must not contain spaces'],
  ['/srv/x\n', 'must not contain spaces'],
])('the address %j is refused', (address, sentence) => {
  expect(repoProblem(address)).toContain(sentence);
});

test.each([
  ['branch', 'feature/x-1'],
  ['branch', 'release-1.2'],
  ['tag', 'v1.0.0+build'],
  ['semver', '>=1.2.0 <2.0.0 || 3.x'],
  ['semver', '~1.2'],
  ['semver', '*'],
  ['commit', 'A'.repeat(40)],
  ['commit', '0'.repeat(64)],
] as const)('%s %s can be used', (kind, value) => {
  expect(refProblem(kind, value)).toBeUndefined();
});

test.each([
  ['branch', ''],
  ['branch', '-x'],
  ['branch', 'a..b'],
  ['branch', 'a b'],
  ['branch', 'a^'],
  ['branch', 'main:x'],
  ['branch', 'x*'],
  ['branch', '@{upstream}'],
  ['branch', '/x'],
  ['branch', 'x/'],
  ['branch', 'x.lock'],
  ['branch', 'a\nb'],
  ['tag', 'refs/tags/v1'],
  ['semver', 'latest'],
  ['semver', '$(id)'],
  ['commit', 'main'],
  ['commit', 'g'.repeat(40)],
] as const)('%s %j is refused', (kind, value) => {
  expect(refProblem(kind, value)).toBeTypeOf('string');
});

test.each([
  ['.', '.'],
  ['', '.'],
  ['./', '.'],
  ['a/b/', 'a/b'],
  ['./a//b', 'a/b'],
  ['a...b', 'a...b'],
])('the path %j means %s', (text, path) => {
  expect(repoPath(text)).toEqual({ path });
});

test.each(['/a', '..', 'a/../b', 'a/..', 'a\\b', 'a\nb', '.git', 'a/.GIT/x', 'a\0b'])(
  'the path %j is refused',
  (text) => {
    expect(repoPath(text)).toHaveProperty('problem');
  },
);
