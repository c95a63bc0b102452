/** Longest shown value in characters. */
export const maxShownLength = 120;

const ellipsis = '…';

/**
 * Two values as short, printable text. Of long ones the part around the first difference is shown, so that two texts that
 * differ never look the same.
 */
export function showPair(before: unknown, after: unknown): { before?: string; after?: string } {
  const left = before === undefined ? undefined : printable(before);
  const right = after === undefined ? undefined : printable(after);
  const start =
    left === undefined || right === undefined || Math.max(left.length, right.length) <= maxShownLength
      ? 0
      : Math.max(0, firstDifference(left, right) - 20);
  return {
    ...(left === undefined ? {} : { before: cut(left, start) }),
    ...(right === undefined ? {} : { after: cut(right, start) }),
  };
}

function printable(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // Escapes line breaks and every other control character, among them those that steer a terminal.
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) =>
    char === '\n' ? '\\n' : char === '\t' ? '\\t' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function firstDifference(a: string, b: string): number {
  let index = 0;
  while (index < a.length && index < b.length && a[index] === b[index]) index++;
  return index;
}

function cut(text: string, start: number): string {
  const head = start > 0 ? ellipsis : '';
  const room = maxShownLength - head.length;
  const rest = text.slice(start);
  return head + (rest.length <= room ? rest : `${rest.slice(0, room - ellipsis.length)}${ellipsis}`);
}
