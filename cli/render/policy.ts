import { stringify } from 'yaml';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { PolicySource, ShownPolicy } from '../../domain/policy/source.ts';
import { table } from './table.ts';
import { indented } from './text.ts';

/** Every value of a DaemonSet's policy, and the file and line that it came from. */
export function policyTable(policy: ShownPolicy): string[] {
  const rows = Object.entries(policy.fields).map(([key, { value, source }]) => [
    key,
    sourceName(source),
    place(source),
    onOneLine(value),
  ]);
  return [`Policy of ${daemonSetLabel(policy)}`, ...indented(table(['FIELD', 'FROM', 'PLACE', 'VALUE'], rows))];
}

function onOneLine(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim();
}

/** File and line; of an application of before they were kept, the field. */
function place({ file, line, field }: PolicySource): string {
  return file === undefined ? (field ?? '-') : `${file}:${line}`;
}

/** Who decides a value, in a few words: `RolloutPolicy agents`, `built-in default`. */
export function sourceName({ kind, name = '', field = '' }: PolicySource): string {
  switch (kind) {
    case 'annotation':
      return `annotation ${/\["(.+)"\]/.exec(field)?.[1] ?? ''}`;
    case 'manifest':
      return field.endsWith('maxSurge') ? 'maxSurge of the manifest' : 'updateStrategy of the manifest';
    case 'default':
      return 'built-in default';
    default:
      return `${kind} ${name}`;
  }
}
