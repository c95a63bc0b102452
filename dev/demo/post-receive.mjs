// What a forge does after a push: tells a webhook, signed as GitHub signs it. The hook script of the demo's repository calls it:
//   node post-receive.mjs WEBHOOK_URL SECRET_FILE REPOSITORY_ADDRESS   < "OLD NEW REF" lines of git
// A push stays accepted whatever the webhook answers, as with a forge; git shows what is printed here to whoever pushed.
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [url, secretFile, repository] = process.argv.slice(2);
const secret = readFileSync(secretFile, 'utf8').trim();
const pushes = readFileSync(0, 'utf8')
  .trim()
  .split('\n')
  .filter((line) => line !== '');

for (const push of pushes) {
  const [before, after, ref] = push.split(' ');
  const body = JSON.stringify({
    ref,
    before,
    after,
    repository: { clone_url: repository, full_name: 'platform/agents' },
  });
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/demo',
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
    console.log(`webhook: HTTP ${answer.status} ${await answer.text()}`);
  } catch (error) {
    console.log(`webhook: no answer from ${url}: ${error.cause ?? error}`);
  }
}
