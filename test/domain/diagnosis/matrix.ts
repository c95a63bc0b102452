/** The items in another order, the same for the same seed. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/**
 * Expected against found, one row per expected cause with the cells that are not empty; with over sixty causes a square would
 * be empty but for its diagonal, and wider than any screen. And the pairs that differ.
 */
export function confusionMatrix(pairs: readonly [string, string][]): { text: string; wrong: string[] } {
  const causes = [...new Set(pairs.map(([expected]) => expected))].sort();
  const width = Math.max(...causes.map((cause) => cause.length));
  const rows = causes.map((cause) => {
    const found = pairs.filter(([expected]) => expected === cause).map((pair) => pair[1]);
    const cells = [...new Set(found)].map(
      (one) => `${one === cause ? 'right' : one} ${found.filter((x) => x === one).length}`,
    );
    return `${cause.padEnd(width)}  ${cells.sort().reverse().join(', ')}`;
  });
  const wrong = pairs
    .filter(([expected, found]) => expected !== found)
    .map(([expected, found]) => `${expected}: ${found}`);
  return { text: [...rows, `${pairs.length - wrong.length} of ${pairs.length} right`].join('\n'), wrong };
}
