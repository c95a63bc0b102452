import type { ManagedFieldsEntry } from '../adopt/managed-fields.ts';
import type { PlainObject } from '../plain.ts';
import type { FieldNote, FieldOwner } from '../sync.ts';
import { managedFieldsOf } from './change.ts';
import type { Difference } from './compare.ts';
import { listKeysOf } from './list-keys.ts';
import { maskPair } from './mask.ts';
import { leavesOf, ownersOf } from './owner.ts';
import { type Path, showPath, startsWith } from './path.ts';
import { showPair } from './show.ts';
import { statedDifferences, valueAt } from './stated.ts';

/** What is looked at. */
export interface NotesInput {
  kind: string;
  /** Field manager of the application. */
  manager: string;
  git: PlainObject;
  live: PlainObject | null;
  /** The answer of the dry run. */
  desired: PlainObject;
  /** Differences that a rule of the application leaves alone. */
  ignored?: readonly Difference[];
  secrets?: readonly string[];
  /** A rule that leaves a field to its owners. */
  suggest?: (path: Path, owners: readonly FieldOwner[]) => string | undefined;
}

/** Notes of one object: more say nothing more. */
const mostNotes = 30;

/**
 * Where git and the cluster do not say the same, and a sync does not change that: without them a webhook that undoes what git states
 * would show as no difference.
 */
export function fieldNotes(input: NotesInput): FieldNote[] {
  const { kind, git, live, desired, ignored = [], secrets } = input;
  const entries = managedFieldsOf(live ?? desired);
  const note = ({ path, before, after }: Difference, what: FieldNote['note']): FieldNote => {
    const masked = maskPair({ kind, secrets }, path, before, after);
    const shown = showPair(masked.before, masked.after);
    const owners = ownersOf(path, entries).filter(({ manager }) => manager !== input.manager);
    const rule = what === 'overridden' && live !== null ? input.suggest?.(path, owners) : undefined;
    return {
      path: showPath(path),
      note: what,
      ...(shown.before === undefined ? {} : { cluster: shown.before }),
      ...(shown.after === undefined ? {} : { git: shown.after }),
      ...(owners.length === 0 ? {} : { owners }),
      ...(rule === undefined ? {} : { ignoreRule: rule }),
    };
  };
  const overridden = statedDifferences(git, desired, listKeysOf(managedFieldsOf(desired)));
  return [
    ...ignored.map((difference) => note(difference, 'ignored')),
    ...overridden.filter(({ path }) => !isStrategy(kind, path)).map((difference) => note(difference, 'overridden')),
    ...kept(input).map((difference) => note(difference, 'kept')),
  ].slice(0, mostNotes);
}

/** A DaemonSet's strategy is Nodewave's while it manages it. */
function isStrategy(kind: string, path: Path): boolean {
  return kind === 'DaemonSet' && startsWith(path, 'spec', 'updateStrategy');
}

/** What git does not state any more and others own as well: it stays as it is, without the application. */
function kept({ manager, live, desired }: NotesInput): Difference[] {
  if (live === null) return [];
  const own = (entries: readonly ManagedFieldsEntry[]) => entries.filter((entry) => entry.manager === manager);
  const after = managedFieldsOf(desired);
  const given = own(managedFieldsOf(live))
    .flatMap(({ fieldsV1 }) => leavesOf(fieldsV1 ?? {}))
    .filter((path) => path.at(-1) !== '.' && ownersOf(path, own(after)).length === 0);
  return given.flatMap((path) => {
    const before = valueAt(desired, path);
    const isOwned = ownersOf(path, after).length > 0;
    return before === undefined || !isOwned ? [] : [{ path, before, after: undefined }];
  });
}
