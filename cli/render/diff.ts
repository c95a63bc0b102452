import { daemonSetLabel } from '../../domain/ids.ts';
import { shortCommit } from '../../domain/markdown.ts';
import type { DaemonSetSync, FieldChange, FieldClass, ObjectChange, Preview } from '../../domain/sync.ts';
import { table } from './table.ts';
import { indented, plain, sections } from './text.ts';

const costs: Record<FieldClass, string> = {
  restartsPods: 'restarts pods',
  noRestart: 'no restart',
  immutable: 'immutable: will be refused',
  strategy: 'update strategy',
};

/** Whether the preview shows any difference between git and the cluster. */
export function hasChanges(preview: Preview): boolean {
  return (
    preview.objects.some((object) => object.action !== 'unchanged') ||
    preview.plan.daemonSets.some((sync) => sync.adopt || sync.verdict !== 'unchanged') ||
    (preview.plan.prune ?? []).length > 0
  );
}

/** The page of `nodewave diff`: what happens to which object, then the fields. */
export function diffPage(preview: Preview): string[] {
  const changed = preview.objects.filter((object) => object.action !== 'unchanged' || syncOf(preview, object)?.adopt);
  return sections(
    [`Commit ${shortCommit(preview.plan.commit)} ${plain(preview.plan.subject)}`],
    changed.length === 0 ? [] : operations(preview, changed),
    ...changed.map(fields),
    preview.truncated ? ['Some field changes were left out here because there are too many.'] : [],
    warnings(preview),
    [summary(preview)],
  );
}

function operations(preview: Preview, changed: readonly ObjectChange[]): string[] {
  const rows = changed.map((object) => [
    object.action === 'unchanged' ? 'adopt' : object.action,
    object.kind,
    object.namespace ?? '-',
    object.name,
    effect(syncOf(preview, object)),
  ]);
  return table(['OP', 'KIND', 'NAMESPACE', 'NAME', 'EFFECT'], rows);
}

function syncOf(preview: Preview, object: ObjectChange): DaemonSetSync | undefined {
  if (object.kind !== 'DaemonSet') return undefined;
  return preview.plan.daemonSets.find((sync) => sync.name === object.name && sync.namespace === object.namespace);
}

/** What a sync does to a DaemonSet, in a few words; nothing for other objects. */
export function effect(sync: DaemonSetSync | undefined): string {
  if (sync === undefined) return '';
  const adopted = sync.adopt ? 'adopted without a restart' : '';
  switch (sync.verdict) {
    case 'install':
      return 'installed on all nodes at once';
    case 'rollout':
      return sync.adopt ? `${adopted}, then rolled out in batches` : 'rolled out in batches';
    case 'configure':
      return sync.adopt ? adopted : 'no pod restarts';
    case 'held':
      return 'held: last good keeps running';
    case 'unchanged':
      return adopted;
  }
}

function fields(object: ObjectChange): string[] {
  if (object.fields.length === 0) return [];
  const title =
    object.namespace === undefined ? object.name : daemonSetLabel({ namespace: object.namespace, name: object.name });
  const rows = object.fields.map((field) => [
    field.path,
    shownValue(field, 'before'),
    shownValue(field, 'after'),
    costs[field.class],
    field.owner ?? '-',
  ]);
  return [`${object.kind} ${title}`, ...indented(table(['FIELD', 'BEFORE', 'AFTER', 'COST', 'OWNER'], rows))];
}

function shownValue(field: FieldChange, side: 'before' | 'after'): string {
  return field[side] ?? '(none)';
}

/** The plan's warnings as lines. */
export function warnings({ plan }: Preview): string[] {
  return plan.warnings.map((warning) => `Warning: ${plain(warning)}`);
}

function summary(preview: Preview): string {
  const by = (action: ObjectChange['action']) => preview.objects.filter((object) => object.action === action).length;
  if (!hasChanges(preview)) return 'No changes: the cluster has what git asks for.';
  const pruned = (preview.plan.prune ?? []).length;
  const deleted = pruned === 0 ? '' : `, ${pruned} to delete`;
  return `${by('create')} to create, ${by('configure')} to configure, ${by('unchanged')} unchanged${deleted}.`;
}
