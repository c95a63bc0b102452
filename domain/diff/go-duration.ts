const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a duration as Go programs and so Kubernetes controllers read it, e.g. `1h30m`, `1.5h`, `-2s`; null for other text. */
export function parseAmountMs(text: string): number | null {
  const match = /^([+-]?)((?:(?:\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})(?:ns|us|µs|μs|ms|s|m|h)){1,8}|0)$/.exec(text);
  if (match === null) return null;
  const [, sign, parts = ''] = match;
  let sum = 0;
  for (const [, amount, unit = ''] of parts.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    sum += Number(amount) * (unitMs[unit] ?? 0);
  }
  return sign === '-' ? -sum : sum;
}
