import { escapeMarkdown, shortCommit } from '../../domain/markdown.ts';
import type { ObjectChange, Preview } from '../../domain/sync.ts';
import { changedObjects, operationRows, summary, titleOf } from './diff.ts';
import { costLines } from './diff-cost.ts';
import { costOf, noteText, ownerText, shownValue } from './diff-fields.ts';
import { plain, sections } from './text.ts';

/** `nodewave diff -o markdown`: for a merge request or a chat; nothing of git or the cluster takes effect as markup. */
export function diffMarkdown(preview: Preview): string[] {
  const { plan, objects, truncated } = preview;
  const changed = changedObjects(preview);
  return sections(
    [`### Changes of commit ${code(shortCommit(plan.commit))} ${escapeMarkdown(plan.subject)}`],
    changed.length === 0
      ? []
      : tableOf(
          ['', 'Kind', 'Namespace', 'Name', 'Effect'],
          operationRows(preview, changed).map(([op = '', kind = '', namespace = '', name = '', effect = '']) => [
            op,
            code(kind),
            code(namespace),
            code(name),
            escapeMarkdown(effect),
          ]),
        ),
    costLines(preview).map((lines) => `- ${escapeMarkdown(lines.map(plain).join('; '))}`),
    ...objects.map(fields),
    truncated ? ['Some field changes were left out here because there are too many.'] : [],
    plan.warnings.map((warning) => `> **Warning:** ${escapeMarkdown(warning)}`),
    [escapeMarkdown(summary(preview))],
  );
}

function fields(object: ObjectChange): string[] {
  const { fields: changes, notes = [] } = object;
  const changed = changes.map((field) => [
    code(field.path),
    code(shownValue(field.before)),
    code(shownValue(field.after)),
    escapeMarkdown(costOf(field)),
    escapeMarkdown(ownerText(field)),
  ]);
  const left = notes.map((note) => [
    code(note.path),
    code(shownValue(note.git)),
    code(shownValue(note.cluster)),
    escapeMarkdown(noteText(note)),
  ]);
  if (changed.length + left.length === 0) return [];
  return sections(
    [`#### ${code(titleOf(object))}`],
    changed.length === 0 ? [] : tableOf(['Field', 'Before', 'After', 'Cost', 'Owner'], changed),
    left.length === 0 ? [] : tableOf(['Not changed', 'Git', 'Cluster', 'Why'], left),
  );
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** A code span that nothing in the text ends; a table would split at a bar even there. */
function code(text: string): string {
  const shown = plain(text).replaceAll('|', '\\|');
  if (shown === '') return '';
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`;
}
