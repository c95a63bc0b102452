import type { FieldChange, FieldClass, FieldNote, FieldOwner, FieldSetter, ObjectChange } from '../../domain/sync.ts';
import { table } from './table.ts';
import { indented, plain } from './text.ts';

const costs: Record<FieldClass, string> = {
  restartsPods: 'restarts pods',
  noRestart: 'no restart',
  immutable: 'immutable: will be refused, needs the object made anew',
  strategy: 'update strategy',
};

const setters: Record<FieldSetter, string> = {
  default: 'a default',
  admission: 'set by a webhook or policy',
  server: 'set by the API server or a webhook',
};

/** What a changed field costs, and who sets it where git does not. */
export function costOf({ class: cost, setBy }: FieldChange): string {
  return setBy === undefined ? costs[cost] : `${costs[cost]} (${setters[setBy]})`;
}

/** Who owns the field on the cluster, with the time of that manager's last change. */
export function ownerText(field: { owner?: string; owners?: readonly FieldOwner[] }): string {
  if (field.owners === undefined) return field.owner ?? '-';
  return field.owners
    .map(({ manager, operation, time }) => `${manager} (${operation}${time === undefined ? '' : `, ${time}`})`)
    .join(', ');
}

/** Why a sync leaves a field as it is, in a few words. */
export function noteText({ note, owners }: FieldNote): string {
  const who = owners === undefined ? '' : `, ${ownerText({ owners })}`;
  switch (note) {
    case 'overridden':
      return `a webhook, a policy or the API server makes it so${who}`;
    case 'kept':
      return `no longer in git, kept by another owner${who}`;
    case 'ignored':
      return `left alone by spec.ignore${who}`;
  }
}

/** The changed fields of an object, then what a sync leaves as it is; without a heading. */
export function fieldLines({ fields, notes = [] }: ObjectChange): string[] {
  const changed = fields.map((field) => [
    field.path,
    shownValue(field.before),
    shownValue(field.after),
    costOf(field),
    ownerText(field),
  ]);
  const left = notes.map((note) => [note.path, shownValue(note.git), shownValue(note.cluster), noteText(note)]);
  return [
    ...(changed.length === 0 ? [] : table(['FIELD', 'BEFORE', 'AFTER', 'COST', 'OWNER'], changed)),
    ...(left.length === 0 ? [] : table(['NOT CHANGED', 'GIT', 'CLUSTER', 'WHY'], left)),
  ];
}

/** A value as people see it; what does not exist is said so. */
export function shownValue(value: string | undefined): string {
  return value ?? '(none)';
}

/** Rules that would leave fields to whoever else owns them, each once. */
export function ruleLines(objects: readonly ObjectChange[]): string[] {
  const rules = new Set(
    objects.flatMap(({ fields, notes = [] }) => [...fields, ...notes].flatMap(({ ignoreRule }) => ignoreRule ?? [])),
  );
  if (rules.size === 0) return [];
  return [
    'To leave a field to its owner, add its rule to spec.ignore:',
    ...indented([...rules].map((rule) => `- ${plain(rule)}`)),
  ];
}
