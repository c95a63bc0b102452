import { plain, width } from './text.ts';

/** Rows in columns that are as wide as their widest cell, two spaces apart; the last column is never padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(plain));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width(cell));
  }
  return cells.map((row) =>
    row
      .map((cell, index) => padded(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** The same under a line of headings. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return columns([head, ...rows]);
}

function padded(cell: string, to: number): string {
  return cell + ' '.repeat(Math.max(0, to - width(cell)));
}
