import { compare } from '../diff/compare.ts';
import { maskPair } from '../diff/mask.ts';
import { showPath } from '../diff/path.ts';
import { showPair } from '../diff/show.ts';
import { shorten } from '../markdown.ts';
import type { PodTemplate } from '../record.ts';

/** How much is told of a release's changes. */
const kept = { count: 12, length: 240 } as const;

const none = '(none)';

/** What a release changes in the pod template, as `path: before -> after`; values that look secret are masked. */
export function templateChanges(before: PodTemplate | undefined, after: PodTemplate | undefined): string[] {
  if (before === undefined || after === undefined) return [];
  const lines = compare(before, after).map((difference) => {
    const { path } = difference;
    const values = maskPair({ kind: 'DaemonSet' }, path, difference.before, difference.after);
    const shown = showPair(values.before, values.after);
    return shorten(`${showPath(path)}: ${shown.before ?? none} -> ${shown.after ?? none}`, kept.length);
  });
  const left = lines.length - kept.count;
  return left <= 0 ? lines : [...lines.slice(0, kept.count), `and ${left} more changes`];
}
