import { expect, test } from 'vitest';
import { allowedRepository, repositoryKey } from '../../worker/webhook/repository.ts';

test.each([
  ['https://git.example.com/platform/agents.git', 'git.example.com/platform/agents'],
  ['https://GIT.Example.com/Platform/Agents/', 'git.example.com/platform/agents'],
  ['http://user:token@git.example.com:8080/platform/agents', 'git.example.com/platform/agents'],
  ['git@git.example.com:platform/agents.git', 'git.example.com/platform/agents'],
  ['ssh://git@git.example.com:2222/platform/agents.git', 'git.example.com/platform/agents'],
  ['git://git.example.com/platform/agents', 'git.example.com/platform/agents'],
  ['https://git.example.com/my%20team/agents.git?x=1', 'git.example.com/my team/agents'],
  ['file:///srv/git/Agents.git', 'file:/srv/git/Agents'],
  ['/srv/git/Agents.git/', 'file:/srv/git/Agents'],
  ['https://git.example.com/', null],
  ['agents', null],
  ['', null],
])('%s is %s', (address, key) => {
  expect(repositoryKey(address)).toBe(key);
});

test.each([
  ['https://git.example.com/platform/*', true],
  ['git@git.example.com:platform/agents.git', true],
  ['https://git.example.com/*', true],
  ['https://git.example.com/plat', false],
  ['https://git.example.org/platform/*', false],
  ['https://gitxexample.com/platform/*', false],
])('pattern %s allows git.example.com/platform/agents: %s', (pattern, allowed) => {
  expect(allowedRepository('git.example.com/platform/agents', [pattern])).toBe(allowed);
});
