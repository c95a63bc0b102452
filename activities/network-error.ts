/** Codes of Node, undici and the operating system for a peer that cannot be reached, or a machine out of means. */
const codes = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'EPROTO',
  'ETIMEDOUT',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOSPC',
  'EROFS',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const deepest = 6;

/**
 * A sentence when the error, or what caused it, is a network or machine problem; `undefined` when it is something else.
 * A bare `fetch failed` without such a cause is not one: fetch says it for mistakes of its caller, too.
 */
export function networkProblem(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > deepest) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (
    codes.has(code) ||
    code.startsWith('UND_ERR_') ||
    error.name === 'TimeoutError' ||
    error.message === 'socket hang up'
  ) {
    return `${error.message === '' ? error.name : error.message}${code === '' || error.message.includes(code) ? '' : ` (${code})`}`;
  }
  const inner = error instanceof AggregateError ? [error.cause, ...error.errors] : [error.cause];
  for (const cause of inner) {
    const found = networkProblem(cause, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
