import { type DocumentError, describeErrors } from '../../domain/document-error.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { RenderJob } from './job.ts';
import { ToolError } from './run-tool.ts';

const shownErrors = 10;
const shownCharacters = 1_200;

/** Errors of files that were read before a run, as one BadInput. */
export function refuseErrors(errors: readonly DocumentError[]): void {
  if (errors.length > 0) throw new NodewaveError('BadInput', describeErrors(errors, shownErrors));
}

/**
 * What the end of a run means: BadInput for what the commit is to blame for, Infrastructure for a worker that is too busy or
 * a program that does not start. `copy` is the temporary folder, which must not be shown.
 */
export function explainEnd(error: unknown, job: RenderJob, copy: { dir: string; tree: string }): unknown {
  if (!(error instanceof ToolError)) return error;
  const { name } = job.tool;
  const said = shorten(error.stderr, copy);
  const { cpuSeconds, wallMs, memoryBytes, stdoutBytes } = job.limits;
  switch (error.reason) {
    case 'failed':
      return new NodewaveError('BadInput', `${name} says: ${said === '' ? 'nothing' : said}`);
    case 'cpu':
      return new NodewaveError(
        'BadInput',
        `${name} used more than ${cpuSeconds} s of processor time and was ended; ${loops}`,
      );
    case 'memory': {
      const most = `${Math.round(memoryBytes / 1024 / 1024)} MB of memory`;
      return new NodewaveError('BadInput', `${name} needed more than ${most} and was ended; ${loops}`);
    }
    case 'output':
      return new NodewaveError('BadInput', `${name} wrote more than ${stdoutBytes} bytes and was ended; ${large}`);
    case 'wall': {
      const most = `within ${wallMs / 1_000} s`;
      return new NodewaveError('Infrastructure', `${name} did not end ${most}, the worker being busy; trying again`);
    }
    case 'not started':
      return new NodewaveError('Infrastructure', `${job.tool.file} does not run on the worker: ${said}`);
  }
}

const loops = 'look for a loop or a huge value in what it renders';

const large = 'divide it among several applications, or leave out what is not needed';

/** What a program said, with paths of the repository instead of those of the copy, without control characters. */
export function shorten(stderr: string, copy: { dir: string; tree: string }): string {
  const text = stderr
    .replaceAll(`${copy.tree}/`, '')
    .replaceAll(copy.tree, '.')
    .replaceAll(`${copy.dir}/`, '')
    .replaceAll(/[^\P{Cc}\n]/gu, ' ')
    .replace(/^error: /i, '')
    .replace(/\n*Use --debug flag to render out invalid YAML\s*$/, '')
    .trim();
  // The reason that is furthest inside stands last.
  if (text.length <= shownCharacters) return text;
  return `${text.slice(0, shownCharacters / 2)} … ${text.slice(-shownCharacters / 2)}`;
}

const mostWarnings = 5;

/** Lines that a program wrote beside its output. */
export function toolWarnings(name: string, stderr: string, copy: { dir: string; tree: string }): string[] {
  const lines = shorten(stderr, copy)
    .split('\n')
    .map((line) => line.replace(/^(# )?(walk\.go|coalesce\.go|warning)[:\d ]*(warning: )?/i, '').trim())
    .filter((line) => line !== '');
  const shown = [...new Set(lines)].slice(0, mostWarnings);
  return shown.map((line) => `${name} warns: ${line.slice(0, 300)}`);
}
