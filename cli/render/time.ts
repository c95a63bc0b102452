const unitsMs = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** How long ago, in its two largest units: `35s`, `3m20s`, `5h12m`, `2d4h`. A clock that runs behind gives `0s`. */
export function age(atMs: number, nowMs: number): string {
  let restMs = Math.max(0, nowMs - atMs);
  const parts: string[] = [];
  for (const [unit, unitMs] of unitsMs) {
    const n = Math.floor(restMs / unitMs);
    restMs -= n * unitMs;
    if (n > 0 || parts.length > 0) parts.push(n > 0 ? `${n}${unit}` : '');
    if (parts.length === 2) break;
  }
  return parts.join('') || '0s';
}

/** The time of day in UTC, for lines of progress: `08:15:03Z`. */
export function timeOfDay(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 19)}Z`;
}
