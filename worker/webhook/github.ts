import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { verify } from '@octokit/webhooks-methods';
import { z } from 'zod';
import { cleanId, header, parseJson, type Scheme } from './push.ts';

const address = z.string().max(2_000).optional();
const pushSchema = z.object({
  ref: z.string('expected the pushed ref').max(1_000),
  after: z.string().max(100).optional(),
  repository: z.object(
    { clone_url: address, ssh_url: address, git_url: address, html_url: address },
    'expected the repository',
  ),
});

/** GitHub: `X-Hub-Signature-256` is HMAC-SHA256 over the raw body; the older SHA-1 header is never looked at. */
export const github: Scheme = {
  async refusal(headers, body, secrets) {
    const signature = header(headers, 'x-hub-signature-256');
    if (signature === '') {
      return header(headers, 'x-hub-signature') === ''
        ? 'X-Hub-Signature-256 is missing: set the secret in the settings of the webhook'
        : 'X-Hub-Signature (SHA-1) is not accepted: send X-Hub-Signature-256';
    }
    // The check below works on text. Bytes that are no UTF-8 would be replaced, and so be another body than was signed.
    if (body.length === 0 || !isUtf8(body)) return 'the signature is wrong';
    const text = body.toString('utf8');
    // All secrets are tried even after a hit, so that time does not tell which one is in use.
    const hits = await Promise.all(secrets.map((secret) => verify(secret, text, signature)));
    return hits.includes(true) ? null : 'the signature is wrong: compare the secret of the webhook with the receiver';
  },

  read(headers, body) {
    const event = header(headers, 'x-github-event');
    if (event !== 'push') return { kind: 'ignored', why: `event "${cleanId(event, 'unknown')}" starts nothing` };
    const parsed = pushSchema.safeParse(parseJson(body));
    if (!parsed.success) return { kind: 'invalid', why: describe(parsed.error) };
    const { ref, after, repository } = parsed.data;
    const digest = createHash('sha256').update(body).digest('hex').slice(0, 32);
    return {
      kind: 'push',
      push: {
        deliveryId: cleanId(header(headers, 'x-github-delivery'), `sha256:${digest}`),
        repositories: Object.values(repository).filter((url) => url !== undefined),
        refs: [ref],
        ...(after === undefined ? {} : { commit: after }),
      },
    };
  },
};

/** What a payload lacks, as `field: sentence`. */
export function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  return `${field === '' ? 'the body' : field}: ${issue?.message ?? 'not valid'}`;
}
