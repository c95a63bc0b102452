import { styleText } from 'node:util';

/** How the demo talks to the person who watches it. */
export interface Narrator {
  /** A heading. */
  chapter(title: string): void;
  /** Something that happened, with the seconds since the start. */
  say(line: string): void;
  /** The same, cut where a line gets too long to be read in passing. */
  brief(line: string): void;
  /** More about the line before. */
  detail(text: string): void;
  /** Text as it is. */
  plain(text: string): void;
  /** Seconds since the start. */
  seconds(): number;
}

const longestLine = 150;

/** A narrator on one stream; bold and dim only where a terminal shows them. */
export function makeNarrator(stream: NodeJS.WriteStream, nowMs: () => number = Date.now): Narrator {
  const startMs = nowMs();
  const seconds = (): number => (nowMs() - startMs) / 1_000;
  const style = (format: 'bold' | 'dim', text: string): string => styleText(format, text, { stream });
  const write = (text: string): void => {
    stream.write(`${text}\n`);
  };
  const say = (line: string): void => write(`${style('dim', `${seconds().toFixed(1).padStart(6)} s`)}  ${line}`);
  return {
    chapter: (title) => write(`\n${style('bold', title)}`),
    say,
    brief: (line) => say(line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}…`),
    detail: (text) => {
      for (const line of text.split('\n')) write(`          ${style('dim', line)}`);
    },
    plain: write,
    seconds,
  };
}
