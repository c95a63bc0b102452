/**
 * Brings the ways to write one repository's address to one form, so that a push names what an application names:
 * `git@host:a/b.git`, `ssh://git@host:2222/a/b` and `https://HOST/A/b.git/` are all `host/a/b`. User, scheme and port say
 * how to get there and not what it is. Case is ignored except in file paths: forges ignore it too, and a push is a hint
 * only. Returns null for text that is no address.
 */
export function repositoryKey(address: string): string | null {
  const text = address.trim();
  if (text === '' || text.length > 2_000) return null;
  if (text.startsWith('/')) return fileKey(text);
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(\/.*)?$/i.exec(text);
  if (url !== null) {
    const [, scheme = '', authority = '', path = ''] = url;
    if (scheme.toLowerCase() === 'file') return fileKey(path);
    return remoteKey(authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, ''), path);
  }
  const scp = /^(?:[^@/:]+@)?([^@/:]+):(?!\/\/)(.+)$/.exec(text);
  return scp === null ? null : remoteKey(scp[1] ?? '', scp[2] ?? '');
}

function cleanPath(path: string): string {
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // A stray "%" is part of the name.
  }
  return decoded
    .replace(/[?#].*$/s, '')
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/i, '')
    .replace(/\/+$/, '');
}

function remoteKey(host: string, path: string): string | null {
  const cleaned = cleanPath(path);
  return host === '' || cleaned === '' ? null : `${host}/${cleaned}`.toLowerCase();
}

function fileKey(path: string): string | null {
  const cleaned = cleanPath(path);
  return cleaned === '' ? null : `file:/${cleaned}`;
}

/** Whether a repository is among those that a receiver may speak for. `*` in a pattern stands for any text. */
export function allowedRepository(key: string, patterns: readonly string[] | undefined): boolean {
  if (patterns === undefined) return true;
  return patterns.some((pattern) => {
    const wanted = repositoryKey(pattern) ?? pattern.toLowerCase();
    const expression = wanted.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${expression.join('.*')}$`, 's').test(key);
  });
}
