/**
 * The text with what is surely a credential taken out: the part before the `@` of an address, tokens of forges, bearer and
 * basic authorization, private keys. For sentences that quote another program.
 */
export function maskCredentials(text: string): string {
  return text
    .replace(/([a-z][\w+.-]*:\/\/)[^\s/@]+@/gi, '$1***@')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 ***')
    .replace(/\b(?:gh[pousr]_|github_pat_|glpat-)[\w-]{10,}/g, '***')
    .replace(/\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*/g, '***')
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '***');
}
