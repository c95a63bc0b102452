/**
 * A folder of a repository as git names it: relative to the root, `.` for the root itself, no `./` and no slash at the
 * end. `problem` says why the text cannot be one; a path never leaves the repository.
 */
export function repoPath(text: string): { path: string } | { problem: string } {
  if (text.startsWith('/'))
    return { problem: 'must be relative to the root of the repository; remove the leading "/"' };
  if (/[\p{Cc}\\]/u.test(text)) return { problem: 'must not contain backslashes or control characters' };
  const steps = text.split('/').filter((step) => step !== '' && step !== '.');
  if (steps.includes('..')) return { problem: 'must not contain ".."; a path stays inside the repository' };
  if (steps.some((step) => step.toLowerCase() === '.git')) return { problem: 'must not name .git' };
  return { path: steps.length === 0 ? '.' : steps.join('/') };
}
