/** Ways to reach a repository; `file` is a folder of the worker. */
export const gitProtocols = ['https', 'ssh', 'http', 'file'] as const;

/** One of `gitProtocols`. */
export type GitProtocol = (typeof gitProtocols)[number];

/** An address taken apart, so that two spellings of one place compare equal. */
export interface GitAddress {
  protocol: GitProtocol;
  /** Lower case; empty for a folder of the worker. */
  host: string;
  /** The protocol's own port where none is written; 0 for a folder. */
  port: number;
  /** Begins with `/`. */
  path: string;
}

const ports: Record<GitProtocol, number> = { https: 443, ssh: 22, http: 80, file: 0 };

/** Takes apart an address that `repoProblem` finds nothing wrong with; `undefined` for any other text. */
export function gitAddress(repo: string): GitAddress | undefined {
  if (repo.startsWith('/')) return { protocol: 'file', host: '', port: 0, path: repo };
  const url = /^(https|ssh|http|file):\/\/(?:[^/@]*@)?(\[[^\]/]+\]|[^/:@]*)(?::(\d+))?(\/.*)$/i.exec(repo);
  if (url !== null) {
    const protocol = gitProtocols.find((known) => known === url[1]?.toLowerCase());
    if (protocol === undefined) return undefined;
    const port = url[3] === undefined ? ports[protocol] : Number(url[3]);
    return { protocol, host: (url[2] ?? '').toLowerCase(), port, path: url[4] ?? '/' };
  }
  const scp = repo.includes('://') ? null : /^(?:[^@:/]+@)?([^@:/]+):(.+)$/.exec(repo);
  if (scp === null) return undefined;
  const [, host = '', path = ''] = scp;
  return {
    protocol: 'ssh',
    host: host.toLowerCase(),
    port: ports.ssh,
    path: path.startsWith('/') ? path : `/${path}`,
  };
}

/**
 * Whether `address` lies at or below `prefix`: same protocol, host and port, and the path goes on at a `/` or with `.git`.
 */
export function isBelow(address: GitAddress, prefix: GitAddress): boolean {
  if (address.protocol !== prefix.protocol || address.host !== prefix.host || address.port !== prefix.port)
    return false;
  const base = prefix.path.replace(/\/+$/, '');
  return address.path === base || address.path === `${base}.git` || address.path.startsWith(`${base}/`);
}
