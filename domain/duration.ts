const unitsMs = { h: 3_600_000, m: 60_000, s: 1_000 } as const;

/** Milliseconds of `90s`, `5m`, `1h30m`; `undefined` for everything else. Units in falling order, each at most once. */
export function parseDuration(text: string): number | undefined {
  const match = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text);
  if (match === null || text === '') return undefined;
  const [, h = '0', m = '0', s = '0'] = match;
  return Number(h) * unitsMs.h + Number(m) * unitsMs.m + Number(s) * unitsMs.s;
}

/** `1h30m`, `90s` as `1m30s`, `0s`: the text that `parseDuration` reads back. Parts of a second are rounded down. */
export function formatDuration(durationMs: number): string {
  let restMs = durationMs;
  let text = '';
  for (const [unit, unitMs] of Object.entries(unitsMs)) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
