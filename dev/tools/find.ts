import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { isExecutable } from '../../activities/render/executable.ts';
import { type Binary, pinnedVersion, type Tool } from './registry.ts';

/** Path from the program's environment variable; undefined when it is not set. Throws when it names no executable. */
export function fromEnvironment(binary: Binary, env: NodeJS.ProcessEnv): string | undefined {
  const file = env[binary.envVar];
  if (file === undefined || file === '') return undefined;
  if (!isExecutable(file)) {
    throw new Error(
      `${binary.envVar}=${file} is not an executable file; correct it, or unset it to have ${binary.name} built`,
    );
  }
  return file;
}

/** True when the program says exactly this version of itself, e.g. 1.36.3 and not 1.36.30. */
export function saysVersion(file: string, binary: Binary, version: string): boolean {
  const run = spawnSync(file, [...binary.versionArgs], { encoding: 'utf8', timeout: 20_000 });
  if (run.error !== undefined) return false;
  const exact = new RegExp(`(^|[^\\d.])v?${version.replaceAll('.', '\\.')}($|[^\\w.-])`, 'm');
  return exact.test(`${run.stdout}\n${run.stderr}`);
}

/** First program of this name on the PATH, if its version is exactly the pinned one; another version is not looked past. */
export function fromPath(tool: Tool, binary: Binary, env: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const file = join(folder, binary.name);
    if (folder !== '' && isExecutable(file)) {
      return saysVersion(file, binary, pinnedVersion(tool)) ? file : undefined;
    }
  }
  return undefined;
}

/** True when the folder holds every program of the tool. */
export function isComplete(tool: Tool, folder: string): boolean {
  return tool.binaries.every(({ name }) => isExecutable(join(folder, name)));
}
