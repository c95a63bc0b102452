import { differencesOf, fieldChanges, isBuiltIn } from '../../domain/diff/change.ts';
import { fieldNotes } from '../../domain/diff/notes.ts';
import type { Path } from '../../domain/diff/path.ts';
import { suggestedRule } from '../../domain/diff/suggest-rule.ts';
import { fieldManager } from '../../domain/ids.ts';
import { isDaemonSet } from '../../domain/manifest/object.ts';
import { at, isPlainObject } from '../../domain/plain.ts';
import type { FieldChange, FieldNote, FieldOwner } from '../../domain/sync.ts';
import type { KubeObject } from '../cluster/objects.ts';
import type { SyncContext } from './context.ts';
import type { Located } from './locate.ts';
import { customKinds } from './value-kinds.ts';

/** The two objects of which the changes of a sync are the differences. */
export interface Compared {
  apiVersion: string;
  kind: string;
  live: Record<string, unknown> | null;
  desired: Record<string, unknown>;
}

/** What is compared: of a DaemonSet without the strategy that git states, which counts when it is released. */
export function comparedOf({ object, live }: Pick<Located, 'object' | 'live'>, desired: KubeObject): Compared {
  const { apiVersion, kind } = object;
  // Of a new object git's own text is shown: the defaults of the API server would drown it.
  const after = live === null ? object.body : desired;
  if (!isDaemonSet(object)) return { apiVersion, kind, live, desired: after };
  const before = live === null ? null : onlyStrategyType(live, at(live, 'spec', 'updateStrategy', 'type'));
  return { apiVersion, kind, live: before, desired: onlyStrategyType(after, 'OnDelete') };
}

/** What a sync changes in one object, and what it leaves although git says otherwise. */
export async function fieldsOf(
  context: SyncContext,
  located: Located,
  desired: KubeObject,
  secrets: readonly string[],
  adopt: boolean,
): Promise<{ changes: FieldChange[]; notes: FieldNote[] }> {
  const { object, live, ignored } = located;
  const compared = comparedOf(located, desired);
  const { apiVersion, kind } = object;
  const isCustom = !isBuiltIn(apiVersion) && live !== null && located.awaits === undefined;
  const kindOf =
    isCustom && differencesOf(compared).length > 0 ? await customKinds(context, apiVersion, kind) : undefined;
  const manager = fieldManager(context.application);
  const suggest = (path: Path, owners: readonly FieldOwner[]): string | undefined =>
    suggestedRule(object, path, owners, manager);
  const isForeign = (owners: readonly FieldOwner[]): boolean => owners.some((owner) => owner.manager !== manager);
  const changes = fieldChanges({
    ...compared,
    stated: object.body,
    secrets,
    ...(kindOf === undefined ? {} : { kindOf }),
    suggest: (path, owners) => (!adopt && isForeign(owners) ? suggest(path, owners) : undefined),
  });
  const isAsked = located.awaits === undefined;
  const notes = isAsked
    ? fieldNotes({ kind, manager, git: object.body, live, desired, ignored, secrets, suggest })
    : [];
  return { changes, notes };
}

/** What Nodewave writes as the strategy is OnDelete, whatever git asks for; the rest of the strategy then means nothing. */
function onlyStrategyType(object: Record<string, unknown>, type: unknown): Record<string, unknown> {
  const spec = isPlainObject(object.spec) ? object.spec : {};
  return { ...object, spec: { ...spec, updateStrategy: { type } } };
}
