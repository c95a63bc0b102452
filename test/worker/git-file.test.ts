import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError } from '../../worker/config-error.ts';
import { readGitFile } from '../../worker/git-file.ts';

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'nodewave-git-file-')));
  for (const name of ['token', 'key', 'known_hosts']) writeFileSync(join(folder, name), 'x\n', { mode: 0o600 });
  writeFileSync(join(folder, 'ada.pub'), 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ada\n');
  writeFileSync(join(folder, 'private'), '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string, local = false): ReturnType<typeof readGitFile> {
  const file = join(folder, 'git.yaml');
  writeFileSync(file, text);
  return readGitFile(file, local);
}

function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(folder, 'DIR');
    throw error;
  }
  throw new Error('it was expected to be refused');
}

test('without a file: https and ssh to every host, nothing local, a bound on sizes and times', () => {
  expect(readGitFile(undefined, false)).toEqual({
    access: { protocols: ['https', 'ssh'] },
    credentials: [],
    trustedKeys: {},
    maxFetchBytes: 2 ** 30,
    fetchTimeoutMs: 300_000,
    lookUpTimeoutMs: 60_000,
  });
  expect(readGitFile(undefined, true).access.protocols).toEqual(['https', 'ssh', 'http', 'file']);
});

test('everything that a file may say', () => {
  const text = `hosts: [git.example.com, "*.corp.example", "git.other:8443"]
protocols: [https]
limits: {maxFetchMiB: 10, fetchSeconds: 20, lookUpSeconds: 5}
credentials:
  - {for: https://git.example.com, username: bot, passwordFile: token}
  - {for: https://git.example.com/platform, passwordFile: token}
  - {for: ssh://git@git.example.com/, privateKeyFile: key, knownHostsFile: known_hosts}
trustedKeys: {ada: ada.pub}
`;
  expect(read(text)).toEqual({
    access: { protocols: ['https'], hosts: ['git.example.com', '*.corp.example', 'git.other:8443'] },
    credentials: [
      { for: 'https://git.example.com/', username: 'bot', passwordFile: join(folder, 'token') },
      { for: 'https://git.example.com/platform', username: 'git', passwordFile: join(folder, 'token') },
      {
        for: 'ssh://git@git.example.com/',
        privateKeyFile: join(folder, 'key'),
        knownHostsFile: join(folder, 'known_hosts'),
      },
    ],
    trustedKeys: { ada: join(folder, 'ada.pub') },
    maxFetchBytes: 10 * 2 ** 20,
    fetchTimeoutMs: 20_000,
    lookUpTimeoutMs: 5_000,
  });
});

const one = (fields: string): string => `credentials:\n  - {${fields}}\n`;
test.each([
  ['protocols: [ext]', 'DIR/git.yaml:1: protocols[0]: expected https, ssh, http, file'],
  ['protocols: []', 'expected at least one protocol'],
  ['hosts: ["https://git.example.com"]', 'hosts[0]: expected HOST, HOST:PORT or *.DOMAIN'],
  ['hosts: ["*"]', 'expected HOST, HOST:PORT or *.DOMAIN'],
  ['hots: [a]', 'there is no such key; did you mean hosts?'],
  ['limits: {maxFetchMiB: 0}', 'expected a whole number from 1 to 1000000'],
  [one('for: http://git.example.com, passwordFile: token'), 'credentials are sent to https and ssh addresses only'],
  [one('for: /srv/git, passwordFile: token'), 'credentials are sent to https and ssh addresses only'],
  [one('for: https://u:secret@git.example.com/x, passwordFile: token'), 'must not contain a user name or password'],
  [one('for: https://git.example.com/a/../b, passwordFile: token'), 'must name the path as the server does'],
  [one('for: https://git.example.com'), 'credentials[0].passwordFile: is missing; credentials for https need it'],
  [
    one('for: https://git.example.com, passwordFile: gone'),
    'DIR/git.yaml:2: credentials[0].passwordFile: DIR/gone cannot be read',
  ],
  [one('for: https://git.example.com, passwordFile: token, privateKeyFile: key'), 'is for ssh addresses; remove it'],
  [one('for: git@git.example.com:x, passwordFile: token'), 'credentials[0].passwordFile: is for https addresses'],
  [
    one('for: git@git.example.com:x, privateKeyFile: key'),
    'credentials[0].knownHostsFile: is missing; credentials for ssh need it',
  ],
  [one('for: https://git.example.com, passwordFile: "a b"'), 'holds other characters than letters, digits'],
  ['trustedKeys: {ada: gone.pub}', 'DIR/git.yaml:1: trustedKeys.ada: DIR/gone.pub cannot be read'],
  ['trustedKeys: {ada: private}', 'holds a private key, which must not be here; put its public half there'],
  ['trustedKeys: {ada: token}', 'holds neither an OpenPGP public key (gpg --armor --export) nor an SSH one (.pub)'],
  ['trustedKeys: {"a b": ada.pub}', 'a name has at most 63 letters'],
  [
    'credentials:\n  - {for: https://a.example/x, passwordFile: token}\n  - {for: https://A.example:443/x, passwordFile: token}\n',
    'DIR/git.yaml:3: credentials[1].for: credentials[0] is for the same; remove one',
  ],
])('%j is refused with its place', (text, sentence) => {
  expect(refusal(text)).toContain(sentence);
  expect(refusal(text)).not.toContain('secret');
});

test('a private key that others may read is refused as ssh would refuse it, but at the start', () => {
  chmodSync(join(folder, 'key'), 0o644);
  const text = one('for: git@git.example.com:x, privateKeyFile: key, knownHostsFile: known_hosts');
  expect(refusal(text)).toContain('ssh will not use it; run "chmod 600 DIR/key"');
  chmodSync(join(folder, 'key'), 0o600);
  expect(read(text).credentials).toHaveLength(1);
});

test('the file of the page about git is read', () => {
  const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/git.md', 'utf8')) ?? [];
  for (const name of ['secrets', 'keys']) mkdirSync(join(folder, name));
  for (const name of ['secrets/token', 'secrets/id_ed25519', 'secrets/known_hosts'])
    writeFileSync(join(folder, name), 'x\n', { mode: 0o600 });
  for (const name of ['keys/ada.pub', 'keys/release.asc']) writeFileSync(join(folder, name), 'ssh-ed25519 AAAA x\n');
  expect(read(text)).toMatchObject({ credentials: [{ username: 'nodewave' }, {}], maxFetchBytes: 2 ** 30 });
  expect(Object.keys(read(text).trustedKeys)).toEqual(['ada', 'release']);
});
