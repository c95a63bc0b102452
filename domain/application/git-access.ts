import { type GitAddress, type GitProtocol, gitAddress, isBelow } from './git-address.ts';

/** Which repositories a worker reads; decided by whoever runs it, never by an application. */
export interface GitAccess {
  protocols: readonly GitProtocol[];
  /** `HOST`, `HOST:PORT` or `*.DOMAIN`; without it every host. */
  hosts?: readonly string[];
}

/** What a worker reads that was told nothing: other hosts, and only where both ends are proven and nobody listens. */
export const defaultGitAccess: GitAccess = { protocols: ['https', 'ssh'] };

/** Why the worker does not read this repository, or `undefined`. The sentence names the setting that decides. */
export function accessProblem(repo: string, access: GitAccess): string | undefined {
  const address = gitAddress(repo);
  if (address === undefined) return 'is not the address of a repository';
  const { protocol, host, port } = address;
  if (!access.protocols.includes(protocol)) {
    const what = protocol === 'file' ? 'a folder of the worker' : `reached by ${protocol}`;
    const cure = `use ${access.protocols.join(' or ')}, or have "protocols" of the worker's git file allow ${protocol}`;
    return `is ${what}, which this worker is not allowed to read; ${cure}`;
  }
  if (protocol === 'file' || access.hosts === undefined) return undefined;
  if (access.hosts.some((pattern) => matchesHost(pattern, address))) return undefined;
  const shown = port === (protocol === 'https' ? 443 : protocol === 'ssh' ? 22 : 80) ? host : `${host}:${port}`;
  return `is on host ${shown}, which this worker is not allowed to read; add it to "hosts" of the worker's git file`;
}

/** A port that the pattern does not name must be the protocol's own: another one may be another server. */
function matchesHost(pattern: string, { protocol, host, port }: GitAddress): boolean {
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(pattern.toLowerCase());
  if (match === null) return false;
  const [, wanted = '', wantedPort] = match;
  const usual = { https: 443, ssh: 22, http: 80, file: 0 }[protocol];
  if (port !== (wantedPort === undefined ? usual : Number(wantedPort))) return false;
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}

/** Of several credentials the one whose address is the longest that the repository lies below. */
export function credentialFor<T extends { for: string }>(repo: string, credentials: readonly T[]): T | undefined {
  const address = gitAddress(repo);
  if (address === undefined) return undefined;
  const fitting = credentials.flatMap((credential) => {
    const prefix = gitAddress(credential.for);
    return prefix !== undefined && isBelow(address, prefix) ? [{ credential, length: prefix.path.length }] : [];
  });
  return fitting.sort((a, b) => b.length - a.length)[0]?.credential;
}
