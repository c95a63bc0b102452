import type { ManagedFieldsEntry } from '../adopt/managed-fields.ts';
import { isDaemonSet } from '../manifest/object.ts';
import { isPlainObject, type PlainObject } from '../plain.ts';
import type { FieldChange, FieldClass, FieldOwner } from '../sync.ts';
import { compare, type Difference } from './compare.ts';
import { setterOf } from './defaults.ts';
import { listKeysOf } from './list-keys.ts';
import { maskPair } from './mask.ts';
import { withoutNoise } from './noise.ts';
import { describeOwners, ownersOf } from './owner.ts';
import { type Path, showPath, startsWith } from './path.ts';
import { showPair } from './show.ts';
import { isStated } from './stated.ts';
import { builtInKinds, type KindOf } from './value-kind.ts';

/** Named beside the changes already. */
const identity = ['apiVersion', 'kind', 'metadata', 'metadata.name', 'metadata.namespace'];

/** What is compared. */
export interface Comparison {
  apiVersion: string;
  kind: string;
  /** The object as it is on the cluster; null when it is not there yet. */
  live: PlainObject | null;
  /** What would be there after the apply: the result of a server-side dry run, or git's own text for a new object. */
  desired: PlainObject;
  /** What git states, to tell what others have set. */
  stated?: PlainObject;
  /** What the Secrets of the change set hold, see `secretValues`. */
  secrets?: readonly string[];
  /** How values are written, for kinds that are not built in. */
  kindOf?: KindOf;
  /** A rule that leaves a field to its owners. */
  suggest?: (path: Path, owners: readonly FieldOwner[]) => string | undefined;
}

/**
 * The field changes between an object and what it would become, masked and bounded. A change of a DaemonSet's strategy is
 * among them only when the caller put it into `desired`: while Nodewave manages a DaemonSet its strategy is no drift.
 */
export function fieldChanges(comparison: Comparison): FieldChange[] {
  const { apiVersion, kind, live, stated, secrets } = comparison;
  const owners = live === null ? [] : managedFieldsOf(live);
  return differencesOf(comparison).map((difference) => {
    const { path, after } = difference;
    const values = maskPair({ kind, secrets }, path, difference.before, after);
    const fieldOwners = ownersOf(path, owners);
    const rule = comparison.suggest?.(path, fieldOwners);
    const own = stated === undefined || live === null || after === undefined || isStated(stated, path);
    return {
      path: showPath(path),
      ...(difference.order === true ? showOrder(difference) : showPair(values.before, values.after)),
      class: live === null ? 'noRestart' : classOf(apiVersion, kind, path),
      ...(fieldOwners.length === 0 ? {} : { owner: describeOwners(fieldOwners), owners: fieldOwners }),
      ...(own ? {} : { setBy: setterOf(apiVersion, kind, path, after) }),
      ...(rule === undefined ? {} : { ignoreRule: rule }),
    };
  });
}

/** The same with the values themselves, for whoever masks them. */
export function differencesOf({ apiVersion, kind, live, desired, kindOf }: Comparison): Difference[] {
  const entries = [...(live === null ? [] : managedFieldsOf(live)), ...managedFieldsOf(desired)];
  const before = live === null ? {} : withoutNoise(live);
  const builtIn = isBuiltIn(apiVersion);
  const rules = {
    listKeys: listKeysOf(entries),
    kindOf: kindOf ?? (builtIn ? builtInKinds(kind) : undefined),
    strict: !builtIn,
  };
  const after = withoutNoise(desired);
  const found = compare(before, after, rules).filter(({ path }) => !identity.includes(showPath(path)));
  if (live === null || !runsPods(apiVersion, kind)) return found;
  // Whatever differs in a template restarts pods, also another writing of the same value: the API server compares bytes.
  const isTemplate = ({ path }: Difference): boolean => startsWith(path, 'spec', 'template');
  const exact = compare(before, after, { listKeys: rules.listKeys, strict: true }).filter(isTemplate);
  const first = found.findIndex(isTemplate);
  const others = found.filter((difference) => !isTemplate(difference));
  return first === -1 ? [...others, ...exact] : [...others.slice(0, first), ...exact, ...others.slice(first)];
}

/** API groups whose objects the API server reads into types of its own, so that it writes every value in one way. */
const builtInGroups = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/** Whether the kind is one that every cluster has, as opposed to a custom resource. */
export function isBuiltIn(apiVersion: string): boolean {
  return builtInGroups.has(apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');
}

function runsPods(apiVersion: string, kind: string): boolean {
  return (
    isDaemonSet({ apiVersion, kind }) || (apiVersion === 'apps/v1' && (kind === 'Deployment' || kind === 'StatefulSet'))
  );
}

/** What it costs to apply a changed field. */
function classOf(apiVersion: string, kind: string, path: Path): FieldClass {
  if (!runsPods(apiVersion, kind)) return 'noRestart';
  if (startsWith(path, 'spec', 'template')) return 'restartsPods';
  if (startsWith(path, 'spec', 'selector')) return 'immutable';
  return kind === 'DaemonSet' && startsWith(path, 'spec', 'updateStrategy') ? 'strategy' : 'noRestart';
}

function showOrder({ before, after }: Difference): { before: string; after: string } {
  const text = (names: unknown): string => `order ${(names as string[]).join(', ')}`;
  const shown = showPair(text(before), text(after));
  return { before: shown.before ?? '', after: shown.after ?? '' };
}

/** managedFields of a live object; empty where there are none. */
export function managedFieldsOf(object: PlainObject): ManagedFieldsEntry[] {
  const entries = isPlainObject(object.metadata) ? object.metadata.managedFields : undefined;
  return Array.isArray(entries) ? (entries as ManagedFieldsEntry[]) : [];
}
