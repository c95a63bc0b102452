import type { DemoResult, VersionResult } from './result.ts';

const columns: readonly [string, (one: VersionResult) => string][] = [
  ['version', ({ version }) => version],
  ['commit', ({ commit }) => commit.slice(0, 8)],
  ['outcome', ({ outcome }) => outcome],
  ['batches', ({ batches }) => `${batches}`],
  ['nodes touched', ({ nodesTouched }) => `${nodesTouched}`],
  ['longest without agent', ({ longestGapMs }) => duration(longestGapMs)],
  ['most out at once', ({ mostNodesOut, budget }) => `${mostNodesOut} of ${budget} allowed`],
];

/** Milliseconds as people read them. */
export function duration(ms: number): string {
  return ms === 0 ? '-' : `${(ms / 1_000).toFixed(1)} s`;
}

/** The table at the end of the demo, and the other figures below it. */
export function summaryOf({ versions, pushToFirstDeleteMs, seconds }: DemoResult): string {
  const rows = [columns.map(([title]) => title), ...versions.map((one) => columns.map(([, cell]) => cell(one)))];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  const push = pushToFirstDeleteMs === null ? '' : `From push to the first pod deleted: ${pushToFirstDeleteMs} ms. `;
  return [...lines, '', `${push}Whole demo: ${Math.round(seconds)} s.`].join('\n');
}
