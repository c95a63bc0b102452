import { LocalAddressError } from './reach.ts';

/** Why a request of a gate has no answer, for people; `unanswered` when nobody was there, or nobody said anything in time. */
export interface HttpProblem {
  sentence: string;
  unanswered: boolean;
}

const silent: Record<string, string> = {
  ECONNREFUSED: 'refused the connection: nothing listens there',
  ECONNRESET: 'closed the connection without an answer',
  EPIPE: 'closed the connection without an answer',
  UND_ERR_SOCKET: 'closed the connection without an answer',
  EHOSTUNREACH: 'cannot be reached: no route to it',
  ENETUNREACH: 'cannot be reached: no route to it',
  ENETDOWN: 'cannot be reached: the network is down',
  ETIMEDOUT: 'did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'did not answer in time',
};

const names: Record<string, string> = {
  ENOTFOUND: 'has a name that does not resolve',
  EAI_AGAIN: 'has a name that could not be resolved just now',
  ENODATA: 'has a name without an address',
};

const certificates: Record<string, string> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed; name its CA with auth.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its CA is not known; name it with auth.ca',
  UNABLE_TO_GET_ISSUER_CERT: 'its CA is not known; name it with auth.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its CA is not known; name it with auth.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its CA is not known; name it with auth.ca',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong; is auth.ca the CA of this server?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name; set auth.serverName if that is right',
  CERT_REVOKED: 'it was revoked',
};

/**
 * The sentence for an error of a connection. The error's own message is not quoted: it may hold what the request carried.
 * @param host `name:port`, as people know it
 */
export function httpProblem(error: unknown, host: string): HttpProblem {
  const chain = causes(error);
  const local = chain.find((one) => one instanceof LocalAddressError);
  if (local !== undefined) return { sentence: local.message, unanswered: false };
  if (chain.some(({ name }) => name === 'HTTPParserError')) {
    return { sentence: `${host} does not speak HTTP`, unanswered: false };
  }
  for (const { code, message } of chain.map((one) => ({ code: codeOf(one), message: one.message }))) {
    if (Object.hasOwn(silent, code)) return { sentence: `${host} ${silent[code]}`, unanswered: true };
    if (Object.hasOwn(names, code)) return { sentence: `${host} ${names[code]}`, unanswered: false };
    const certificate = Object.hasOwn(certificates, code) ? certificates[code] : undefined;
    if (certificate !== undefined || /^(CERT_|UNABLE_TO_|INVALID_|ERR_TLS_CERT)/.test(code)) {
      return { sentence: `the certificate of ${host} does not verify: ${certificate ?? code}`, unanswered: false };
    }
    if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
      const what = /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH/.test(`${code} ${message}`)
        ? 'does not speak TLS on that port; is it http?'
        : `broke off the TLS handshake (${code})`;
      return { sentence: `${host} ${what}`, unanswered: false };
    }
    if (code === 'UND_ERR_HEADERS_OVERFLOW')
      return { sentence: `${host} answered with too large headers`, unanswered: false };
  }
  const [first] = chain;
  return {
    sentence: `${host} could not be asked (${(first && codeOf(first)) || first?.name || 'unknown error'})`,
    unanswered: false,
  };
}

function causes(error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth > 5) return [];
  // With several addresses of a name the error is an aggregate of one for each.
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [error, ...[error.cause, ...inner].flatMap((one) => causes(one, depth + 1))];
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
