import { daemonSetLabel } from '../../domain/ids.ts';
import { shortCommit } from '../../domain/markdown.ts';
import type { DaemonSetSync, ObjectChange, Preview } from '../../domain/sync.ts';
import { costInShort, costLines } from './diff-cost.ts';
import { fieldLines, ruleLines } from './diff-fields.ts';
import { table } from './table.ts';
import { indented, plain, sections } from './text.ts';

/** Whether the preview shows any difference between git and the cluster. */
export function hasChanges(preview: Preview): boolean {
  return (
    preview.objects.some((object) => object.action !== 'unchanged') ||
    preview.plan.daemonSets.some((sync) => sync.adopt || sync.verdict !== 'unchanged') ||
    (preview.plan.prune ?? []).length > 0
  );
}

/** The page of `nodewave diff`: what happens to which object, what that costs, then the fields. */
export function diffPage(preview: Preview): string[] {
  const changed = changedObjects(preview);
  return sections(
    [`Commit ${shortCommit(preview.plan.commit)} ${plain(preview.plan.subject)}`],
    changed.length === 0 ? [] : table(['OP', 'KIND', 'NAMESPACE', 'NAME', 'EFFECT'], operationRows(preview, changed)),
    ...costLines(preview),
    ...preview.objects.map(fields),
    preview.truncated ? ['Some field changes were left out here because there are too many.'] : [],
    ruleLines(preview.objects),
    warnings(preview),
    [summary(preview)],
  );
}

/** Objects that a sync writes. */
export function changedObjects(preview: Preview): ObjectChange[] {
  return preview.objects.filter((object) => object.action !== 'unchanged' || syncOf(preview, object)?.adopt);
}

/** What happens to each object: operation, kind, namespace, name, effect. */
export function operationRows(preview: Preview, changed: readonly ObjectChange[]): string[][] {
  return changed.map((object) => {
    const sync = syncOf(preview, object);
    const plan = preview.batchPlans?.find(
      ({ namespace, name }) => sync !== undefined && namespace === sync.namespace && name === sync.name,
    );
    const cost = plan?.cost === undefined ? '' : `: ${costInShort(plan.cost)}`;
    const refused = object.refusal === undefined ? '' : 'refused, see below';
    return [
      object.action === 'unchanged' ? 'adopt' : object.action,
      object.kind,
      object.namespace ?? '-',
      object.name,
      refused || `${effect(sync)}${cost}`,
    ];
  });
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
  const lines = fieldLines(object);
  return lines.length === 0 ? [] : [titleOf(object), ...indented(lines)];
}

/** `DaemonSet monitoring/agent`. */
export function titleOf({ kind, namespace, name }: ObjectChange): string {
  return `${kind} ${namespace === undefined ? name : daemonSetLabel({ namespace, name })}`;
}

/** The plan's warnings as lines. */
export function warnings({ plan }: Preview): string[] {
  return plan.warnings.map((warning) => `Warning: ${plain(warning)}`);
}

/** The last line: how many objects there are of what. */
export function summary(preview: Preview): string {
  const by = (action: ObjectChange['action']) => preview.objects.filter((object) => object.action === action).length;
  if (!hasChanges(preview)) return 'No changes: the cluster has what git asks for.';
  const pruned = (preview.plan.prune ?? []).length;
  const deleted = pruned === 0 ? '' : `, ${pruned} to delete`;
  return `${by('create')} to create, ${by('configure')} to configure, ${by('unchanged')} unchanged${deleted}.`;
}
