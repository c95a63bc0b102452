/** Signature schemes; the path of the request picks one, never its headers. */
export type Provider = 'github' | 'generic';
