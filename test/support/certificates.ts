import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key, both in PEM. */
export interface TestCertificate {
  cert: string;
  key: string;
}

/** A certificate authority that lives for one test. */
export interface TestAuthority {
  /** PEM. */
  cert: string;
  /** A certificate for these names and addresses; valid from a day ago until `daysLeft` from now, one day without it. */
  issue(names: readonly string[], daysLeft?: number): TestCertificate;
}

const dayMs = 24 * 3_600_000;

/** Makes an authority with a new key. */
export function testAuthority(name = 'test authority'): TestAuthority {
  const ca = keyPair();
  const isCa = extension('551d13', tlv(0x30, tlv(0x01, Buffer.of(0xff))), true);
  const cert = certificate({
    subject: name,
    issuer: name,
    publicKey: ca.spki,
    signer: ca.key,
    daysLeft: 1,
    extensions: [isCa],
  });
  return {
    cert,
    issue(names, daysLeft = 1) {
      const own = keyPair();
      const entries = names.map((one) =>
        isIP(one) === 4 ? tlv(0x87, Buffer.from(one.split('.').map(Number))) : tlv(0x82, Buffer.from(one)),
      );
      const alternatives = extension('551d11', tlv(0x30, ...entries), false);
      const made = { subject: names[0] ?? 'nobody', issuer: name, publicKey: own.spki, signer: ca.key, daysLeft };
      return { cert: certificate({ ...made, extensions: [alternatives] }), key: own.pem };
    },
  };
}

interface Wanted {
  subject: string;
  issuer: string;
  publicKey: Buffer;
  signer: KeyObject;
  daysLeft: number;
  extensions: Buffer[];
}

function certificate({ subject, issuer, publicKey, signer, daysLeft, extensions }: Wanted): string {
  const ecdsaWithSha256 = tlv(0x30, tlv(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
  const nowMs = Date.now();
  const body = tlv(
    0x30,
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    commonName(issuer),
    tlv(0x30, utcTime(nowMs - 2 * dayMs), utcTime(nowMs + daysLeft * dayMs)),
    commonName(subject),
    publicKey,
    tlv(0xa3, tlv(0x30, ...extensions)),
  );
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', body, signer)]);
  const der = tlv(0x30, body, ecdsaWithSha256, tlv(0x03, signature));
  const lines = der.toString('base64').replace(/(.{64})/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function keyPair(): { spki: Buffer; pem: string; key: KeyObject } {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { spki: pair.publicKey, pem: pair.privateKey, key: createPrivateKey(pair.privateKey) };
}

function commonName(name: string): Buffer {
  return tlv(0x30, tlv(0x31, tlv(0x30, tlv(0x06, Buffer.from('550403', 'hex')), tlv(0x0c, Buffer.from(name)))));
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  const flag = critical ? [tlv(0x01, Buffer.of(0xff))] : [];
  return tlv(0x30, tlv(0x06, Buffer.from(id, 'hex')), ...flag, tlv(0x04, value));
}

function utcTime(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return tlv(0x17, Buffer.from(`${text}Z`));
}

/** One element of DER. */
function tlv(tag: number, ...content: Buffer[]): Buffer {
  const value = Buffer.concat(content);
  const long = value.length > 0xff ? [0x82, value.length >> 8, value.length & 0xff] : [0x81, value.length];
  return Buffer.concat([Buffer.from([tag, ...(value.length < 0x80 ? [value.length] : long)]), value]);
}
