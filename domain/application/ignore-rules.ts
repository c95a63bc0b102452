import { isDeliveryTool } from '../adopt/claim.ts';
import { isKubectl } from '../adopt/take-over.ts';
import { managedFieldsOf } from '../diff/change.ts';
import type { Difference } from '../diff/compare.ts';
import { listKeysOf } from '../diff/list-keys.ts';
import { ownersOf } from '../diff/owner.ts';
import { type Path, showPath } from '../diff/path.ts';
import { parsePointer, pointerSteps } from '../diff/pointer.ts';
import { statedDifferences, stringDataAsData } from '../diff/stated.ts';
import { isDaemonSet, type ManifestObject } from '../manifest/object.ts';
import { isPlainObject, type PlainObject } from '../plain.ts';
import type { IgnoreRule } from './ignore.ts';
import { type CelField, matchesCel } from './ignore-cel.ts';

/** git's object with what the rules leave to others taken out, and what that was. */
export interface LeftAlone {
  body: PlainObject;
  ignored: Difference[];
}

/**
 * What of an object is applied where rules leave fields to whoever set them. A field that somebody else owns is not sent, so that it
 * stays with its owner; one that nobody else keeps is sent as it is on the cluster, because what is not sent would be removed.
 * A new object is applied as git states it.
 */
export function leaveIgnored(
  rules: readonly IgnoreRule[],
  object: ManifestObject,
  live: PlainObject | null,
  manager: string,
): LeftAlone {
  const { body } = object;
  const concerned = isDaemonSet(object) ? [] : rules.filter((rule) => isAbout(rule, object));
  if (live === null || concerned.length === 0) return { body, ignored: [] };
  const entries = managedFieldsOf(live);
  const ignored = statedDifferences(body, live, listKeysOf(entries)).filter((difference) => {
    const managers = ownersOf(difference.path, entries).map((owner) => owner.manager);
    return !isKeyOfItem(difference.path) && concerned.some((rule) => matches(rule, object, difference, managers));
  });
  if (ignored.length === 0) return { body, ignored };
  let left = stringDataAsData(body);
  for (const { path, before } of ignored) {
    const keepers = ownersOf(path, entries).filter(
      (owner) => owner.manager !== manager && !isKubectl(owner.manager) && !isDeliveryTool(owner.manager),
    );
    left = replaced(left, path, keepers.length > 0 ? undefined : before) as PlainObject;
  }
  return { body: left, ignored };
}

function isAbout({ kind, name, namespace }: IgnoreRule, object: ManifestObject): boolean {
  return (
    (kind === undefined || kind === object.kind) &&
    (name === undefined || name === object.name) &&
    (namespace === undefined || namespace === object.namespace)
  );
}

function matches(
  { jsonPointer, manager, cel }: IgnoreRule,
  object: ManifestObject,
  { path, before, after }: Difference,
  managers: string[],
): boolean {
  if (manager !== undefined && !managers.includes(manager)) return false;
  if (jsonPointer !== undefined) {
    const steps = pointerSteps(object.body, path);
    if (steps === null || !parsePointer(jsonPointer).every((step, index) => step === steps[index])) return false;
  }
  if (cel === undefined) return true;
  const { kind, name } = object;
  const field: CelField = { kind, name, path: showPath(path), live: before, git: after, managers };
  return matchesCel(cel, field);
}

/** Without its keys an item of a list could not be told from the others. */
function isKeyOfItem(path: Path): boolean {
  const [keys, field] = [path.at(-2), path.at(-1)];
  return typeof keys === 'object' && typeof field === 'string' && Object.hasOwn(keys, field);
}

/** A copy with another value at the path; without one, and without the maps that are empty then, for `undefined`. */
function replaced(value: unknown, path: Path, next: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return next;
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const here =
        typeof step === 'number'
          ? index === step
          : isPlainObject(item) && typeof step === 'object' && hasKeys(item, step);
      const changed = here ? replaced(item, rest, next) : item;
      return changed === undefined ? [] : [changed];
    });
  }
  if (!isPlainObject(value) || typeof step !== 'string') return value;
  const inner = replaced(value[step], rest, next);
  const others = Object.entries(value).filter(([key]) => key !== step);
  if (inner === undefined && others.length === 0) return undefined;
  return Object.fromEntries(
    inner === undefined ? others : Object.entries(value).map(([key, old]) => [key, key === step ? inner : old]),
  );
}

function hasKeys(item: PlainObject, keys: Record<string, unknown>): boolean {
  return Object.entries(keys).every(
    ([key, value]) => (item[key] ?? (key === 'protocol' ? 'TCP' : undefined)) === value,
  );
}
