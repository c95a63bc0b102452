import type { Cli } from './context.ts';
import { CliError, toShownError } from './errors.ts';
import { timeOfDay } from './render/time.ts';

/** Pause between two looks, milliseconds. */
const lookEveryMs = 1_000;

/** How long nobody may answer before following ends with an error, milliseconds: workers and servers are restarted. */
const patienceMs = 10 * 60_000;

/** Something that is looked at until it ends. */
export interface Followed<T> {
  /** What is followed, for the error when the time is over. */
  what: string;
  look(): Promise<T>;
  /** Lines about it, by what they are about: printed when they differ from the last ones. */
  lines(seen: T): Record<string, readonly string[]>;
  ended(seen: T): boolean;
}

/**
 * Looks once a second, prints a line on each change, and returns what was seen at the end. The first look must be answered;
 * later ones may fail for minutes. Throws `timeout` after `timeoutMs`.
 */
export async function follow<T>(cli: Cli, followed: Followed<T>, timeoutMs = Number.POSITIVE_INFINITY): Promise<T> {
  const printed = new Map<string, string>();
  const endMs = cli.terminal.nowMs() + timeoutMs;
  let answeredMs: number | null = null;
  for (;;) {
    try {
      const seen = await followed.look();
      answeredMs = cli.terminal.nowMs();
      printChanged(cli, followed.lines(seen), printed);
      if (followed.ended(seen)) return seen;
    } catch (error) {
      const { kind, message } = toShownError(error);
      const passing = kind === 'unavailable' || kind === 'noWorker' || kind === 'timeout';
      if (answeredMs === null || !passing || cli.terminal.nowMs() - answeredMs > patienceMs) throw error;
      printChanged(cli, { answer: [`no answer, asking again: ${message}`] }, printed);
    }
    if (cli.terminal.nowMs() > endMs) {
      throw new CliError(
        'timeout',
        `${followed.what} has not ended within the time given by --timeout`,
        'It goes on by itself; look again later, or give more time.',
      );
    }
    await cli.terminal.sleep(lookEveryMs);
  }
}

function printChanged(cli: Cli, lines: Record<string, readonly string[]>, printed: Map<string, string>): void {
  for (const [about, [first, ...more]] of Object.entries(lines)) {
    const text = [first, ...more].join('\n');
    if (first === undefined || printed.get(about) === text) continue;
    printed.set(about, text);
    cli.progress(`${timeOfDay(cli.terminal.nowMs())}  ${first}`);
    for (const line of more) cli.progress(`           ${line}`);
  }
  // After an answer, the next failure is news again.
  if (lines.answer === undefined) printed.delete('answer');
}
