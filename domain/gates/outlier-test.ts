/**
 * How likely nodes like the control ones show a mean as high as that of `values`: the one-sided p-value of the t-test for a new
 * observation (Student 1908; the prediction interval of a normal sample). The spread is that of the control group alone, so a single
 * value can be judged, and a release that also spreads values cannot hide behind that. Positive values (rates, latencies) are compared
 * by their logarithms, so that a long tail is no outlier; where some are zero by their square roots, as counts are (Bartlett 1936,
 * 1947). Control needs at least two values.
 */
export function outlierByChance(values: readonly number[], control: readonly number[]): number {
  const scale = scaleOf(Math.min(...values, ...control));
  const own = mean(values.map(scale));
  const others = control.map(scale);
  const usual = mean(others);
  const spread = Math.sqrt(others.reduce((total, value) => total + (value - usual) ** 2, 0) / (others.length - 1));
  // With no spread at all any difference would be proof; the tolerance, which is part of `control`, is what says how much is.
  if (spread === 0) return own > usual ? 0 : 1;
  return tailOfT((own - usual) / (spread * Math.sqrt(1 / values.length + 1 / others.length)), others.length - 1);
}

function scaleOf(lowest: number): (value: number) => number {
  if (lowest > 0) return Math.log;
  return lowest === 0 ? Math.sqrt : (value) => value;
}

/** The share of Student's t distribution above `t`. */
export function tailOfT(t: number, degrees: number): number {
  const half = betaShare(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t > 0 ? half : 1 - half;
}

/** The regularised incomplete beta function, by its continued fraction (Lentz's method; DLMF 8.17.22). */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d, tiny);
    c = nonZero(1 + even / c, tiny);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d, tiny);
    c = nonZero(1 + odd / c, tiny);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-12) break;
  }
  return front * fraction;
}

/** Stirling's series, shifted to where it is exact to 1e-10. */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 10; at++) shift += Math.log(at);
  const series = 1 / (12 * at) - 1 / (360 * at ** 3) + 1 / (1260 * at ** 5);
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - shift;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
