/** A file's name for sentences: names in git may hold line breaks, colours of terminals and turns of direction. */
export function shownName(name: string): string {
  const plain = /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(name)
    ? JSON.stringify(name).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
    : name;
  return plain.length > 200 ? `${plain.slice(0, 199)}…` : plain;
}
