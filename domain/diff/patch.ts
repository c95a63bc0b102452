import { structuredPatch } from 'diff';
import { stringify } from 'yaml';
import type { PlainObject } from '../plain.ts';

const contextLines = 3;
/** Longest text of one object, characters; beyond that hunks are left out. */
const maxPatchLength = 16 * 1024;
const maxLineLength = 300;
const maxEdits = 5_000;

/** Two states of an object as a unified diff of YAML, hunks only; `before` is null for one that is not there yet. */
export function yamlPatch(before: PlainObject | null, after: PlainObject): string {
  const texts = [before === null ? '' : yaml(before), yaml(after)] as const;
  const patch = structuredPatch('', '', texts[0], texts[1], '', '', { context: contextLines, maxEditLength: maxEdits });
  if (patch === undefined) return '(too many lines differ to be shown)\n';
  let text = '';
  let left = 0;
  for (const { oldStart, oldLines, newStart, newLines, lines } of patch.hunks) {
    const hunk = `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@\n${lines.map((line) => `${shown(line)}\n`).join('')}`;
    if (text.length + hunk.length > maxPatchLength) left++;
    else text += hunk;
  }
  return left === 0 ? text : `${text}(${left} more ${left === 1 ? 'place differs' : 'places differ'})\n`;
}

/** A side without lines is named by the line before it, as patch(1) wants it. */
function range(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

/** Without what would steer a terminal, and cut where a single value is long. */
function shown(line: string): string {
  const text = line.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) =>
    char === '\t' ? '  ' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length <= maxLineLength ? text : `${text.slice(0, maxLineLength - 1)}…`;
}

function yaml(object: PlainObject): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false, indentSeq: false });
}
