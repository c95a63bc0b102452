import { isUtf8 } from 'node:buffer';
import { Webhook } from 'standardwebhooks';
import { header, type Scheme } from './push.ts';

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
 * timestamp more than 5 minutes off is refused.
 */
export const standardRefusal: Scheme['refusal'] = async (headers, body, secrets) => {
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
};
