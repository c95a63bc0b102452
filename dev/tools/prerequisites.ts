import { spawnSync } from 'node:child_process';

/** Oldest Go that knows GOTOOLCHAIN=auto, by which it fetches the version that go.mod names. */
export const minimumGo = '1.21';
/** Oldest git that has all options in use, as activities/git says too. */
export const minimumGit = '2.30';

/** Something that must be installed first. The message says what is missing and what to do. */
export class PrerequisiteError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PrerequisiteError';
  }
}

function olderThan(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor = 0, minMinor = 0] = minimum.split('.').map(Number);
  return major < minMajor || (major === minMajor && minor < minMinor);
}

function versionOf(command: string, args: string[], pattern: RegExp, env: NodeJS.ProcessEnv): string | undefined {
  // GOTOOLCHAIN=local keeps `go version` from fetching a toolchain only to print a number.
  const run = spawnSync(command, args, { encoding: 'utf8', env: { ...env, GOTOOLCHAIN: 'local' } });
  if (run.error !== undefined) return undefined;
  return pattern.exec(`${run.stdout}${run.stderr}`)?.[1];
}

/**
 * Checks that Go is on the PATH and new enough to build the tools.
 * Throws PrerequisiteError that names the cure; `needed` is what would be built, for its text.
 */
export function requireGo(needed: string, env: NodeJS.ProcessEnv = process.env): void {
  const version = versionOf('go', ['version'], /go version go(\d+\.\d+)/, env);
  const cure = `Install Go ${minimumGo} or newer (https://go.dev/dl/, or your package manager), make sure "go version" works, then run the command again`;
  if (version === undefined) {
    throw new PrerequisiteError(
      `Go was not found on the PATH. It builds ${needed} from source, once per machine. ${cure}.`,
    );
  }
  if (olderThan(version, minimumGo)) {
    throw new PrerequisiteError(
      `Go ${version} is too old to build ${needed}: Go ${minimumGo} is the first that fetches the toolchain a module asks for. ${cure}.`,
    );
  }
}

/** Checks that git is on the PATH and new enough. Throws PrerequisiteError that names the cure. */
export function requireGit(env: NodeJS.ProcessEnv = process.env): void {
  const version = versionOf('git', ['--version'], /git version (\d+\.\d+)/, env);
  const cure = `Install git ${minimumGit} or newer (https://git-scm.com/downloads, or your package manager), make sure "git --version" works, then run the command again.`;
  if (version === undefined) {
    throw new PrerequisiteError(`git was not found on the PATH. Nodewave reads every manifest from git. ${cure}`);
  }
  if (olderThan(version, minimumGit)) {
    throw new PrerequisiteError(`git ${version} is too old. ${cure}`);
  }
}
