import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ci } from '../../worker/webhook/ci.ts';
import { generic } from '../../worker/webhook/generic.ts';
import { codeBlocks, markdownFile } from './markdown.ts';

const blocks = codeBlocks(markdownFile('docs/webhooks.md'));
const [request = '', prefixed = '', report = ''] = blocks
  .filter(({ language }) => language === 'sh')
  .map(({ text }) => text);
const [javascript = ''] = blocks.filter(({ language }) => language === 'js').map(({ text }) => text);
const secrets = {
  plain: 'a secret of letters',
  prefixed: `whsec_${Buffer.from('twenty-four bytes of key').toString('base64')}`,
};
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const run = promisify(execFile);

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodewave-docs-'));
  // Stands for git in a checkout.
  writeFileSync(join(dir, 'git'), `#!/bin/sh\necho ${'a'.repeat(40)}\n`);
  chmodSync(join(dir, 'git'), 0o755);
  // Stands for curl: writes down what it was asked for.
  writeFileSync(join(dir, 'curl'), `#!/bin/sh\nprintf '%s\\0' "$@" > '${dir}/asked'\n`);
  chmodSync(join(dir, 'curl'), 0o755);
});

afterAll(() => rmSync(dir, { recursive: true }));

async function accepted(headers: IncomingHttpHeaders, body: string, secret: string): Promise<void> {
  expect(headers['content-type']).toBe('application/json');
  expect(await generic.refusal(headers, Buffer.from(body), [secret])).toBeNull();
  expect(await generic.refusal(headers, Buffer.from(`${body} `), [secret])).not.toBeNull();
  expect(generic.read(headers, Buffer.from(body))).toMatchObject({
    kind: 'push',
    push: { repositories: ['https://git.example.com/platform/agents.git'] },
  });
}

/** What the script has curl send. */
async function sentInShell(script: string, secret: string): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  const env = {
    PATH: `${dir}:${process.env.PATH}`,
    NODEWAVE_WEBHOOK_SECRET: secret,
    NODEWAVE_WEBHOOK_URL: 'http://nowhere',
  };
  await run('sh', ['-euc', script], { env });
  const words = readFileSync(join(dir, 'asked'), 'utf8').split('\0');
  const after = (option: string): string[] =>
    words.flatMap((word, index) => (words[index - 1] === option ? [word] : []));
  const headers = Object.fromEntries(after('-H').map((header) => header.split(': ')));
  return { headers, body: after('--data-raw')[0] ?? '' };
}

async function inShell(script: string, secret: string): Promise<void> {
  const { headers, body } = await sentInShell(script, secret);
  await accepted(headers, body, secret);
}

test.skipIf(!hasOpenssl)('the request in a shell is accepted', () => inShell(request, secrets.plain));

test.skipIf(!hasOpenssl)('with a whsec_ secret as well', async () => {
  const signed = /^signature=.*$/m;
  expect(request).toMatch(signed);
  await inShell(
    request.replace(signed, () => prefixed),
    secrets.prefixed,
  );
});

test.skipIf(!hasOpenssl)('the report in a shell is accepted', async () => {
  const { headers, body } = await sentInShell(report, secrets.plain);
  expect(await ci.refusal(headers, Buffer.from(body), [secrets.plain])).toBeNull();
  expect(await ci.refusal(headers, Buffer.from(body), ['another secret'])).not.toBeNull();
  expect(ci.read(headers, Buffer.from(body))).toMatchObject({
    kind: 'report',
    report: {
      commit: 'a'.repeat(40),
      check: 'e2e-tests',
      outcome: 'passed',
      repositories: ['https://git.example.com/platform/agents.git'],
    },
  });
});

test.each(Object.entries(secrets))('the request in Node is accepted, with a %s secret', async (_kind, secret) => {
  const seen: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer(async (asked, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk);
    seen.push({ headers: asked.headers, body: Buffer.concat(chunks).toString('utf8') });
    answer.writeHead(202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const env = { ...process.env, NODEWAVE_WEBHOOK_SECRET: secret, NODEWAVE_WEBHOOK_URL: `http://127.0.0.1:${port}/` };
    await run(process.execPath, ['--input-type=module', '--eval', javascript], { env });
  } finally {
    server.close();
  }
  const [{ headers, body } = { headers: {}, body: '' }] = seen;
  await accepted(headers, body, secret);
});
