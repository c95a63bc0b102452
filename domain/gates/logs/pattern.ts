import { RE2JS } from 're2js';
import * as value from '../../application/parse-values.ts';

const mostCharacters = 500;
/** Instructions of the compiled pattern: what one character of a line may cost. */
const mostInstructions = 2_000;

/**
 * A regular expression in the syntax of RE2, which matches in linear time: a pattern from git runs over lines that anybody may write,
 * and one that backtracks would stop the worker.
 */
export const pattern = value.text('a regular expression such as (?i)error|panic', (text) => {
  if (text.length === 0 || text.length > mostCharacters)
    return `has ${text.length} characters; expected 1 to ${mostCharacters}`;
  try {
    const size = RE2JS.compile(text).programSize();
    return size <= mostInstructions ? undefined : 'is too large; use smaller repetition counts';
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `is no regular expression of RE2, which has no look-around and no back references: ${why.slice(0, 200)}`;
  }
});

/** Whether a line holds the pattern, which `pattern` has read. */
export function matcherOf(text: string): (line: string) => boolean {
  const compiled = RE2JS.compile(text);
  return (line) => compiled.test(line);
}
