import { isUtf8 } from 'node:buffer';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { describe } from './github.ts';
import { cleanId, header, parseJson, type Scheme } from './push.ts';

const bodySchema = z
  .strictObject(
    {
      repository: z.string('expected the URL of a repository').min(1).max(2_000).optional(),
      ref: z.string('expected a ref').min(1).max(1_000).optional(),
      application: z.string('expected the name of an application').min(1).max(253).optional(),
    },
    'expected {repository, ref, application} with repository or application, and no other key',
  )
  .refine((body) => body.repository !== undefined || body.application !== undefined, {
    error: 'names neither repository nor application; name one of them',
  });

const longestSkewMs = 5 * 60_000;

function webhookFor(secret: string): Webhook {
  // A secret without the prefix is its own bytes, as most people's CI would use it with openssl.
  return secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(Buffer.from(secret), { format: 'raw' });
}

function signedBy(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    webhookFor(secret).verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

/**
 * Standard Webhooks: `webhook-signature` holds one or more `v1,BASE64` of HMAC-SHA256 over `ID.TIMESTAMP.BODY`, and a
 * timestamp more than 5 minutes off is refused. A repeated request within them starts nothing: its id is known.
 */
export const generic: Scheme = {
  async refusal(headers, body, secrets) {
    const signed: Record<string, string> = {};
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      signed[name] = header(headers, name);
      if (signed[name] === '') return `${name} is missing: sign the request as standardwebhooks.com describes`;
    }
    const timestamp = signed['webhook-timestamp'] ?? '';
    if (!/^\d{1,12}$/.test(timestamp)) return 'webhook-timestamp is not a number of seconds';
    if (Math.abs(Date.now() - Number(timestamp) * 1000) > longestSkewMs) {
      return 'webhook-timestamp is more than 5 minutes off: check the clock of the sender';
    }
    if (body.length === 0 || !isUtf8(body)) return 'the signature is wrong';
    const text = body.toString('utf8');
    const hits = secrets.map((secret) => signedBy(secret, text, signed));
    return hits.includes(true) ? null : 'the signature is wrong: compare the secret of the sender with the receiver';
  },

  read(headers, body) {
    const parsed = bodySchema.safeParse(parseJson(body));
    if (!parsed.success) return { kind: 'invalid', why: describe(parsed.error) };
    const { repository, ref, application } = parsed.data;
    return {
      kind: 'push',
      push: {
        deliveryId: cleanId(header(headers, 'webhook-id'), header(headers, 'webhook-signature').slice(0, 60)),
        repositories: repository === undefined ? [] : [repository],
        refs: ref === undefined ? [] : fullRefs(ref),
        ...(application === undefined ? {} : { application }),
      },
    };
  },
};

/** CI systems know `main` or `v1.2`, not what kind of ref it is. */
function fullRefs(ref: string): string[] {
  return ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
}
