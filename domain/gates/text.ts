/** Most characters of a measurement's sentence, see `Measurement`. */
export const mostSentence = 300;

/** The text in one line of at most `most` characters, control characters taken out: for texts of others in sentences. */
export function oneLine(text: string, most = mostSentence): string {
  const line = text
    .slice(0, 20 * most)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`;
}

/** A value as people write it: at most six significant digits. */
export function showNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(Number(value.toPrecision(6)));
}

/** `1 pod`, `2 pods`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
