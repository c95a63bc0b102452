import { fieldManager } from '../ids.ts';
import { isDeliveryTool } from './claim.ts';
import { type FieldSet, type ManagedFieldsEntry, union } from './managed-fields.ts';

/**
 * Managers under which kubectl writes whole objects. What they own was stated in a manifest, so that it belongs to git
 * from now on and goes when git drops it.
 */
const manifestManagers = ['kubectl-client-side-apply', 'kubectl', 'kubectl-create', 'kubectl-replace'];

/**
 * Managers under which kubectl changes single fields. Only what they changed in `spec` is taken over: git decides there. A
 * label or annotation put on by hand stays, and so does the mark of `kubectl rollout restart`, whose removal would
 * restart every pod.
 */
const handManagers = ['kubectl-edit', 'kubectl-patch', 'kubectl-set'];

/** Whether the manager is a person with kubectl, over whom git has precedence. */
export function isKubectl(manager: string): boolean {
  return manager === 'kubectl' || manager.startsWith('kubectl-') || manager === beforeFirstApply;
}

/** The manager to which the API server gives the fields of an object that had no managedFields. */
export const beforeFirstApply = 'before-first-apply';

/**
 * managedFields after an application has taken over what kubectl owned; null when there is nothing to take. Only who owns
 * what changes, no field of the object itself.
 * @param force take over what other delivery tools own, too
 */
export function takeOver(
  entries: readonly ManagedFieldsEntry[],
  application: string,
  force = false,
): ManagedFieldsEntry[] | null {
  const manager = fieldManager(application);
  let taken: FieldSet = {};
  let changed = false;
  let apiVersion: string | undefined;
  const kept: ManagedFieldsEntry[] = [];
  for (const entry of entries) {
    const { take, leave } = split(entry, manager, force);
    // One entry speaks one version of the API; an entry of another version stays with its manager.
    if (take === null || (apiVersion !== undefined && entry.apiVersion !== apiVersion)) {
      kept.push(entry);
      continue;
    }
    apiVersion = entry.apiVersion;
    taken = union(taken, take);
    if (entry.manager !== manager || entry.operation !== 'Apply') changed = true;
    if (leave !== null) kept.push({ ...entry, fieldsV1: leave });
  }
  if (!changed || apiVersion === undefined) return null;
  const own: ManagedFieldsEntry = {
    manager,
    operation: 'Apply',
    apiVersion,
    time: newestTime(entries),
    fieldsType: 'FieldsV1',
    fieldsV1: taken,
  };
  return [own, ...kept];
}

/**
 * managedFields after an application has taken the pod template over from everyone; null when nobody else has a part of it. On the
 * way back what others have added to it must go, and a server-side apply only removes what its manager owns.
 */
export function takeTemplate(entries: readonly ManagedFieldsEntry[], application: string): ManagedFieldsEntry[] | null {
  const manager = fieldManager(application);
  const own = entries.find((entry) => entry.manager === manager && entry.operation === 'Apply');
  if (own === undefined) return null;
  let fields = own.fieldsV1 ?? {};
  const others = entries.flatMap((entry) => {
    const { 'f:template': template, ...spec } = entry.fieldsV1?.['f:spec'] ?? {};
    if (entry === own) return [];
    if (template === undefined || (entry.subresource ?? '') !== '' || entry.apiVersion !== own.apiVersion)
      return [entry];
    fields = union(fields, { 'f:spec': { 'f:template': template } });
    const { 'f:spec': _spec, ...rest } = entry.fieldsV1 ?? {};
    const left = Object.keys(spec).length === 0 ? rest : { ...rest, 'f:spec': spec };
    return Object.keys(left).length === 0 ? [] : [{ ...entry, fieldsV1: left }];
  });
  const changed = entries.some((entry) => entry !== own && entry.fieldsV1?.['f:spec']?.['f:template'] !== undefined);
  return changed ? [{ ...own, fieldsV1: fields }, ...others] : null;
}

/** What is taken of an entry and what its manager keeps; `take` is null when nothing is taken. */
function split(
  entry: ManagedFieldsEntry,
  own: string,
  force: boolean,
): { take: FieldSet | null; leave: FieldSet | null } {
  const fields = entry.fieldsV1;
  if (fields === undefined || (entry.subresource ?? '') !== '') return { take: null, leave: null };
  const whole = manifestManagers.includes(entry.manager) || (force && isDeliveryTool(entry.manager));
  if (entry.manager === own || whole) return { take: fields, leave: null };
  const spec = fields['f:spec'];
  if (!handManagers.includes(entry.manager) || spec === undefined) return { take: null, leave: null };
  const { 'f:spec': _spec, ...rest } = fields;
  return { take: { 'f:spec': spec }, leave: Object.keys(rest).length === 0 ? null : rest };
}

function newestTime(entries: readonly ManagedFieldsEntry[]): string | undefined {
  return entries
    .map((entry) => entry.time)
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
}

/**
 * managedFields for an object that has none, as after a restore: `stated` is what kubectl's copy of its last manifest
 * states, `existing` is all that is there. The spec and what the manifest stated become the application's; the rest
 * keeps no owner, so that nothing that others wrote is ever pruned.
 */
export function takeOverUnowned(
  stated: FieldSet | undefined,
  existing: ManagedFieldsEntry,
  application: string,
): ManagedFieldsEntry[] {
  const spec = existing.fieldsV1?.['f:spec'];
  const fields = union(stated ?? {}, spec === undefined ? {} : { 'f:spec': spec });
  return [{ ...existing, manager: fieldManager(application), operation: 'Apply', fieldsV1: fields }];
}

/** managedFields after a release: what the application owned goes to kubectl, whose next apply finds it as its own. */
export function giveBack(entries: readonly ManagedFieldsEntry[], application: string): ManagedFieldsEntry[] | null {
  const manager = fieldManager(application);
  const mine = entries.filter((entry) => entry.manager === manager && (entry.subresource ?? '') === '');
  if (mine.length === 0) return null;
  const target = entries.find((entry) => entry.manager === 'kubectl' && entry.operation === 'Apply');
  const apiVersion = (target ?? mine[0])?.apiVersion ?? '';
  const given = [...(target === undefined ? [] : [target]), ...mine.filter((entry) => entry.apiVersion === apiVersion)];
  const fields = given.reduce<FieldSet>((all, entry) => union(all, entry.fieldsV1 ?? {}), {});
  const kubectl: ManagedFieldsEntry = {
    manager: 'kubectl',
    operation: 'Apply',
    apiVersion,
    time: newestTime(given),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
  return [kubectl, ...entries.filter((entry) => entry !== target && !mine.includes(entry))];
}
