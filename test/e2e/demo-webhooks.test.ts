import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Commands, makeCommands } from '../../dev/demo/commands.ts';
import { makeRepository, type Repository } from '../../dev/demo/repository.ts';
import { repositoryRoot } from '../../dev/demo/setting.ts';
import { startReceiver, type TestReceiver } from '../webhook/receiver.ts';

const script = join(repositoryRoot, 'examples', 'ci.sh');
const secrets = { raw: "it's a raw secret, 100%", standard: `whsec_${Buffer.alloc(24, 'k\xff').toString('base64')}` };

let dir: string;
let server: TestReceiver;
let commands: Commands;
let repository: Repository;

beforeAll(async () => {
  // A space in the path, as many a home folder has one.
  dir = mkdtempSync(join(tmpdir(), 'nodewave demo '));
  commands = makeCommands();
  server = await startReceiver((file) => ({
    forge: { provider: 'github', secretFile: file('forge', 'secret of the forge') },
    raw: { provider: 'generic', secretFile: file('raw', secrets.raw) },
    standard: { provider: 'generic', secretFile: file('standard', secrets.standard) },
    'report-raw': { provider: 'ci', secretFile: file('report-raw', secrets.raw) },
    'report-standard': { provider: 'ci', secretFile: file('report-standard', secrets.standard) },
  }));
  const target = {
    url: `${server.url}/webhooks/github/forge`,
    secretFile: server.secretFile('forge', 'secret of the forge'),
  };
  repository = await makeRepository(dir, target, commands);
});

afterAll(async () => {
  commands?.stop();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

beforeEach(() => {
  server.applications = [{ name: 'agents', repo: repository.url }];
  server.told.length = 0;
  server.reported.length = 0;
});

test('a real push reaches the webhook, signed, once for each push, and only while the webhook is on', async () => {
  await repository.commit({ 'agents/agent.yaml': 'one\n' }, 'First');
  expect(await repository.push()).toBe('webhook: HTTP 202 {"accepted":true,"applications":["agents"]}');
  expect(server.told).toMatchObject([
    { application: 'agents', changed: { source: 'webhook/github/forge', refs: ['refs/heads/main'] } },
  ]);
  await repository.setWebhook(false);
  await repository.commit({ 'agents/agent.yaml': 'two\n' }, 'Second');
  expect(await repository.push()).toBe('');
  expect(server.told).toHaveLength(1);
  await repository.setWebhook(true);
  await repository.commit({ 'agents/agent.yaml': 'three\n' }, 'Third');
  expect(await repository.push()).toContain('HTTP 202');
  const [first, second] = server.told;
  expect(first?.changed.deliveryId).not.toBe(second?.changed.deliveryId);
});

describe('examples/ci.sh', () => {
  /** A PATH on which only some programs are. */
  const only = async (...programs: string[]): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), 'nodewave-path-'));
    for (const program of programs) {
      const { stdout } = await commands.run('sh', ['-c', `command -v ${program}`]);
      symlinkSync(stdout.trim(), join(folder, program));
    }
    return folder;
  };
  const basics = ['sh', 'git', 'date', 'cat', 'od', 'tr', 'sed', 'tail'];
  const run = async (path: string, receiver: string, more: NodeJS.ProcessEnv = {}, words: string[] = []) => {
    const secret = receiver.endsWith('raw') ? secrets.raw : secrets.standard;
    const env = {
      PATH: path,
      NODEWAVE_WEBHOOK_URL: `${server.url}/webhooks/${words[0] === 'report' ? 'ci' : 'generic'}/${receiver}`,
      NODEWAVE_WEBHOOK_SECRET: secret,
      ...more,
    };
    return await commands.run('sh', [script, ...words], { cwd: repository.clone, env });
  };

  for (const [way, programs] of [
    ['Node', [...basics, 'node']],
    ['openssl and curl', [...basics, 'openssl', 'curl']],
  ] as const) {
    test.for(['raw', 'standard'])(`signs by ${way} with a %s secret`, async (receiver, { skip }) => {
      const path = await only(...programs).catch(() => undefined);
      if (path === undefined) return skip(`${way} is not installed here`);
      try {
        const { stdout, stderr } = await run(path, receiver);
        expect(stdout.trim()).toBe('{"accepted":true,"applications":["agents"]}');
        expect(stderr).toContain('HTTP 202');
        expect(server.told[0]?.changed).toMatchObject({
          source: `webhook/generic/${receiver}`,
          refs: ['refs/heads/main', 'refs/tags/main'],
        });
        await expect(run(path, receiver, { NODEWAVE_WEBHOOK_SECRET: 'another' })).rejects.toThrow(
          /exit code 1[\s\S]*the signature is wrong[\s\S]*HTTP 401/,
        );
      } finally {
        rmSync(path, { recursive: true, force: true });
      }
    });

    test.for(['raw', 'standard'])(`reports by ${way} with a %s secret`, async (kind, { skip }) => {
      const path = await only(...programs).catch(() => undefined);
      if (path === undefined) return skip(`${way} is not installed here`);
      try {
        const url = 'https://ci.example.com/runs/7';
        const words = ['report', 'e2e tests', 'failed'];
        const { stdout } = await run(path, `report-${kind}`, { NODEWAVE_REPORT_URL: url }, words);
        expect(stdout.trim()).toBe('{"accepted":true,"applications":["agents"]}');
        const { stdout: head } = await commands.run('git', ['rev-parse', 'HEAD'], { cwd: repository.clone });
        expect(server.reported).toMatchObject([
          { application: 'agents', report: { commit: head.trim(), check: 'e2e tests', outcome: 'failed', url } },
        ]);
        await expect(run(path, `report-${kind}`, { NODEWAVE_WEBHOOK_SECRET: 'another' }, words)).rejects.toThrow(
          /exit code 1[\s\S]*the signature is wrong/,
        );
        expect(server.told).toEqual([]);
      } finally {
        rmSync(path, { recursive: true, force: true });
      }
    });
  }

  test('a report names the commit that a variable names', async () => {
    const commit = 'c'.repeat(40);
    await run(process.env.PATH ?? '', 'report-raw', { NODEWAVE_COMMIT: commit }, ['report', 'e2e', 'passed']);
    expect(server.reported).toMatchObject([{ report: { commit, check: 'e2e', outcome: 'passed' } }]);
    expect(server.reported[0]?.report).not.toHaveProperty('url');
  });

  test.each([
    ['no check', ['report'], /exit code 2[\s\S]*which check/],
    ['no outcome', ['report', 'e2e'], /exit code 2[\s\S]*is no outcome/],
    ['another outcome', ['report', 'e2e', 'success'], /exit code 2[\s\S]*"success" is no outcome/],
    ['a check that would break the JSON', ['report', 'a"b', 'passed'], /exit code 2[\s\S]*must not contain quotes/],
    ['another word', ['reports'], /exit code 2[\s\S]*neither push nor report/],
  ])('a report says what is wrong: %s', async (_what, words, message) => {
    await expect(run(process.env.PATH ?? '', 'report-raw', {}, words)).rejects.toThrow(message);
    expect(server.reported).toEqual([]);
  });

  test('takes repository and ref from variables, and the secret from a file', async () => {
    server.applications = [{ name: 'other', repo: 'https://git.example.com/a/b' }];
    await run(process.env.PATH ?? '', 'raw', {
      NODEWAVE_WEBHOOK_SECRET: '',
      NODEWAVE_WEBHOOK_SECRET_FILE: server.secretFile('raw', secrets.raw),
      NODEWAVE_REPOSITORY: 'git@git.example.com:a/b.git',
      NODEWAVE_REF: 'refs/tags/v1.2.3',
    });
    expect(server.told).toMatchObject([{ application: 'other', changed: { refs: ['refs/tags/v1.2.3'] } }]);
  });

  test.each([
    ['no address', { NODEWAVE_WEBHOOK_URL: '' }, /exit code 2[\s\S]*NODEWAVE_WEBHOOK_URL is not set/],
    ['no secret', { NODEWAVE_WEBHOOK_SECRET: '' }, /exit code 2[\s\S]*NODEWAVE_WEBHOOK_SECRET_FILE/],
    [
      'a secret file that is not there',
      { NODEWAVE_WEBHOOK_SECRET: '', NODEWAVE_WEBHOOK_SECRET_FILE: '/nowhere' },
      /exit code 2[\s\S]*\/nowhere cannot be read/,
    ],
    ['a ref that would break the JSON', { NODEWAVE_REF: 'a"b' }, /exit code 2[\s\S]*must not contain quotes/],
  ])('says what is wrong: %s', async (_what, env, message) => {
    await expect(run(process.env.PATH ?? '', 'raw', env)).rejects.toThrow(message);
    expect(server.told).toEqual([]);
  });
});
