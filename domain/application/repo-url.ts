const forms = 'https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH, file:///PATH or an absolute path';

/**
 * What is wrong with a repository's address, or `undefined` when it can be used. Addresses end up as an argument of git,
 * so only known forms pass: no option (`-…`), no transport helper (`ext::…`), and no password, which would end up in
 * histories and logs. The sentence never repeats the address.
 */
export function repoProblem(repo: string): string | undefined {
  if (repo === '') return `is empty; expected ${forms}`;
  if (/[\s\p{Cc}]/u.test(repo)) return `must not contain spaces or line breaks; expected ${forms}`;
  if (repo.startsWith('-')) return `must not start with "-"; expected ${forms}`;
  if (/^[\w+.-]+::/.test(repo)) return `must not name a transport helper such as ext::; expected ${forms}`;
  if (repo.startsWith('/')) return undefined;
  const url = /^([A-Za-z][\w+.-]*):\/\/(?:([^/@]*)@)?([^/]*)(\/.*)?$/.exec(repo);
  if (url !== null) return urlProblem(url[1] ?? '', url[2], url[3] ?? '', url[4] ?? '');
  const scp = /^(?:[\w.][\w.-]*@)?[A-Za-z0-9][\w.-]*:([^-:][^:]*)$/.exec(repo);
  if (scp !== null) {
    const climbs = /(?:^|\/)\.\.(?:\/|$)/.test(scp[1] ?? '');
    return climbs ? 'must name the path as the server does, without ".."' : undefined;
  }
  return `is not the address of a repository; expected ${forms}`;
}

function urlProblem(scheme: string, user: string | undefined, host: string, path: string): string | undefined {
  if (!['https', 'http', 'ssh', 'file'].includes(scheme)) return `cannot use ${scheme}://; expected ${forms}`;
  const secret = user !== undefined && (scheme !== 'ssh' || user.includes(':'));
  if (secret || host.includes('@')) return 'must not contain a user name or password; remove the part before the "@"';
  if (scheme !== 'file' && !/^(?:\[[0-9a-f:.]+\]|[a-z0-9][\w.-]*)(?::\d+)?$/i.test(host))
    return `has no host name; expected ${forms}`;
  if (path === '' || path === '/') return `has no path after the host; expected ${forms}`;
  // What a server makes of these may lie elsewhere than the address says, where other credentials count.
  if (scheme !== 'file' && /[?#\\]|%(?:2[ef]|5c|25|0)|(?:^|\/)\.{1,2}(?:\/|$)/i.test(path))
    return `must name the path as the server does, without "..", "?", "#" and their encoded forms`;
  return user?.startsWith('-') ? `must not start with "-"; expected ${forms}` : undefined;
}
