import type { GitRef } from './spec.ts';

/** The four ways to say which revision is wanted. */
export const refKinds = ['branch', 'tag', 'semver', 'commit'] as const;

/** One of `refKinds`. */
export type RefKind = (typeof refKinds)[number];

/** What is wrong with the value of a ref, or `undefined` when git can be asked for it. */
export function refProblem(kind: RefKind, value: string): string | undefined {
  switch (kind) {
    case 'branch':
    case 'tag':
      return nameProblem(kind, value);
    case 'semver':
      return semverProblem(value);
    case 'commit':
      return commitProblem(value);
  }
}

/** The ref of that kind. */
export function makeRef(kind: RefKind, value: string): GitRef {
  switch (kind) {
    case 'branch':
      return { branch: value };
    case 'tag':
      return { tag: value };
    case 'semver':
      return { semver: value };
    case 'commit':
      return { commit: value.toLowerCase() };
  }
}

/** Whether it is a full object name: 40 hex digits, or 64 in repositories that use SHA-256. */
export function isFullCommit(value: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(value);
}

/** The rules of git-check-ref-format, as far as they keep a name from meaning something else. */
function nameProblem(kind: 'branch' | 'tag', value: string): string | undefined {
  const prefix = kind === 'branch' ? 'refs/heads/' : 'refs/tags/';
  if (value.startsWith(prefix)) return `is written without ${prefix}; write ${value.slice(prefix.length)}`;
  const usable =
    value !== '' &&
    value.length <= 250 &&
    !/[\s\p{Cc}~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|\/\.|\/$|\.$|\.lock$/u.test(value) &&
    value !== '@';
  return usable ? undefined : `${JSON.stringify(value)} is not a name that a ${kind} can have in git`;
}

/** Only what cannot be a range at all; the range itself is read where the tags are. */
function semverProblem(value: string): string | undefined {
  const usable = value.length <= 250 && /[\dxX*]/.test(value) && /^[\w\s.*<>=~^|+-]+$/.test(value);
  return usable
    ? undefined
    : `${JSON.stringify(value)} is not a range of versions; expected one such as "1.x" or ">=1.2.0 <2.0.0"`;
}

function commitProblem(value: string): string | undefined {
  if (isFullCommit(value)) return undefined;
  const cure = /^[0-9a-f]{4,63}$/i.test(value) ? `; "git rev-parse ${value}" prints it in full` : '';
  return `must be a full commit of 40 hex digits, got ${JSON.stringify(value.slice(0, 70))}${cure}`;
}
