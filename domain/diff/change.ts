import type { ManagedFieldsEntry } from '../adopt/managed-fields.ts';
import { isDaemonSet } from '../manifest/object.ts';
import { isPlainObject, type PlainObject } from '../plain.ts';
import type { FieldChange, FieldClass } from '../sync.ts';
import { compare } from './compare.ts';
import { maskPair } from './mask.ts';
import { withoutNoise } from './noise.ts';
import { ownerOf } from './owner.ts';
import { type Path, showPath, startsWith } from './path.ts';
import { showPair } from './show.ts';

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
}

/**
 * The field changes between an object and what it would become, masked and bounded. A change of a DaemonSet's strategy is
 * among them only when the caller put it into `desired`: while Nodewave manages a DaemonSet its strategy is no drift.
 */
export function fieldChanges({ apiVersion, kind, live, desired }: Comparison): FieldChange[] {
  const owners = live === null ? [] : managedFieldsOf(live);
  const before = live === null ? {} : withoutNoise(live);
  return compare(before, withoutNoise(desired))
    .filter(({ path }) => !identity.includes(showPath(path)))
    .map((difference) => {
      const { path } = difference;
      const values = maskPair(kind, path, difference.before, difference.after);
      const owner = ownerOf(path, owners);
      return {
        path: showPath(path),
        ...showPair(values.before, values.after),
        class: live === null ? 'noRestart' : classOf(apiVersion, kind, path),
        ...(owner === undefined ? {} : { owner }),
      };
    });
}

/** What it costs to apply a changed field. */
function classOf(apiVersion: string, kind: string, path: Path): FieldClass {
  if (isDaemonSet({ apiVersion, kind })) {
    if (startsWith(path, 'spec', 'template')) return 'restartsPods';
    if (startsWith(path, 'spec', 'selector')) return 'immutable';
    if (startsWith(path, 'spec', 'updateStrategy')) return 'strategy';
    return 'noRestart';
  }
  const runsPods = apiVersion === 'apps/v1' && (kind === 'Deployment' || kind === 'StatefulSet');
  if (runsPods && startsWith(path, 'spec', 'template')) return 'restartsPods';
  if (runsPods && startsWith(path, 'spec', 'selector')) return 'immutable';
  return 'noRestart';
}

function managedFieldsOf(live: PlainObject): ManagedFieldsEntry[] {
  const entries = isPlainObject(live.metadata) ? live.metadata.managedFields : undefined;
  return Array.isArray(entries) ? (entries as ManagedFieldsEntry[]) : [];
}
