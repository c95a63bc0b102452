import { stringify } from 'yaml';
import type { IgnoreRule } from '../application/ignore.ts';
import type { ManifestObject } from '../manifest/object.ts';
import { isDaemonSet } from '../manifest/object.ts';
import type { FieldOwner } from '../sync.ts';
import type { Path } from './path.ts';
import { pointerSteps, showPointer } from './pointer.ts';

/**
 * A rule for `spec.ignore` that leaves a field to whoever else owns it, on one line; undefined where no rule could: of a DaemonSet, and
 * where nobody but the application and kubectl has it.
 */
export function suggestedRule(
  object: ManifestObject,
  path: Path,
  owners: readonly FieldOwner[],
  manager: string,
): string | undefined {
  if (isDaemonSet(object)) return undefined;
  const other = owners.find((owner) => owner.manager !== manager);
  const steps = pointerSteps(object.body, path);
  if (steps === null && other === undefined) return undefined;
  const rule: IgnoreRule = {
    kind: object.kind,
    name: object.name,
    ...(steps === null ? { manager: other?.manager ?? '' } : { jsonPointer: showPointer(steps) }),
  };
  return stringify(rule, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim();
}
