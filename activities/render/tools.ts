import { realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { NodewaveError } from '../../domain/failures.ts';
import { isExecutable } from './executable.ts';
import { defaultToolLimits, runTool, ToolError } from './run-tool.ts';

/** The programs that render. */
export type ToolName = 'kustomize' | 'helm';

/** Where the programs are; the worker's configuration fills it. */
export interface ToolSettings {
  /** Absolute paths that were given; they go before the PATH. */
  kustomize?: string;
  helm?: string;
  /** The worker's PATH. */
  path?: string;
}

/** A program whose version was looked at. */
export interface Tool {
  name: ToolName;
  file: string;
  /** As it prints it, such as v3.22.0. */
  version: string;
}

const majors: Record<ToolName, { major: number; versionArgs: string[] }> = {
  kustomize: { major: 5, versionArgs: ['version'] },
  helm: { major: 3, versionArgs: ['version', '--short'] },
};

/**
 * Makes what finds a program and asks for its version, once per file and content. Throws Infrastructure when there is none
 * of the right major version: the worker's operator has to act, and what waits for it goes on by itself.
 */
export function createToolFinder(settings: ToolSettings): (name: ToolName) => Promise<Tool> {
  const known = new Map<string, Promise<Tool>>();
  return (name) => {
    const file = locate(name, settings);
    const { mtimeMs, ino } = statSync(file);
    const key = `${file} ${mtimeMs} ${ino}`;
    const tool = known.get(key) ?? identify(name, file);
    known.set(key, tool);
    // Asked again the next time: it may have been written just now.
    tool.catch(() => known.delete(key));
    return tool;
  };
}

function locate(name: ToolName, settings: ToolSettings): string {
  const variable = `NODEWAVE_${name.toUpperCase()}`;
  const given = settings[name];
  if (given !== undefined) {
    if (isExecutable(given)) return realpathSync(given);
    const cure = 'correct it, or unset it to have the PATH searched';
    throw new NodewaveError('Infrastructure', `${variable}=${given} is not an executable file on the worker; ${cure}`);
  }
  const folders = (settings.path ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found !== undefined) return realpathSync(found);
  const cure = `install ${name} v${majors[name].major} there, or name its file in ${variable}`;
  throw new NodewaveError('Infrastructure', `${name} was not found on the PATH of the worker; ${cure}`);
}

async function identify(name: ToolName, file: string): Promise<Tool> {
  const { major, versionArgs } = majors[name];
  const cure = `name a ${name} v${major} in NODEWAVE_${name.toUpperCase()}`;
  try {
    const { stdout } = await runTool({ file, args: versionArgs, dir: tmpdir(), limits: defaultToolLimits });
    const version = /v?\d+\.\d+\.\d+[-+.\w]*/.exec(stdout)?.[0] ?? stdout.trim().slice(0, 60);
    const said = /^v?(\d+)\./.exec(version)?.[1];
    // A build of one's own may say nothing of use, such as "unknown".
    if (said === undefined || Number(said) === major) return { name, file, version };
    throw new NodewaveError('Infrastructure', `${file} is ${name} ${version}, and v${major} is needed; ${cure}`);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const why = error.stderr.split('\n')[0]?.slice(0, 200) ?? '';
    throw new NodewaveError('Infrastructure', `${file} does not run on the worker (${error.reason}: ${why}); ${cure}`);
  }
}
