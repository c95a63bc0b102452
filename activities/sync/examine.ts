import { claimOf } from '../../domain/adopt/claim.ts';
import { overlay } from '../../domain/diff/overlay.ts';
import { canonicalJson } from '../../domain/digest.ts';
import type { DocumentError } from '../../domain/document-error.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { fieldManager } from '../../domain/ids.ts';
import { describeObject, isDaemonSet } from '../../domain/manifest/object.ts';
import { pathInSentence, placeOf } from '../../domain/manifest/place.ts';
import { at, isPlainObject } from '../../domain/plain.ts';
import type { FieldChange, FieldNote, ObjectAction } from '../../domain/sync.ts';
import { KubeError } from '../cluster/kube-error.ts';
import type { DaemonSet, KubeObject } from '../cluster/objects.ts';
import { readRecord } from '../cluster/record-store.ts';
import { describeEdit } from '../rollout/edits.ts';
import { isForced, type SyncContext } from './context.ts';
import { fieldsOf } from './fields.ts';
import type { Located } from './locate.ts';
import { predict } from './predict.ts';

/** An object of the commit, what it would become, and what that changes. */
export interface Examined extends Located {
  /** It runs, and this application does not manage it yet. */
  adopt: boolean;
  desired: KubeObject;
  action: ObjectAction;
  changes: FieldChange[];
  /** What a sync leaves, although git and the cluster do not say the same. */
  notes: FieldNote[];
  /** Why a sync would be refused; only where it is not thrown, because people want to see the rest. */
  refusal?: string;
}

/**
 * Asks the API server what applying the object would lead to. Bad input comes back as an error with file and line, so
 * that all of a commit can be told at once.
 * @throws NodewaveError Conflict when someone else manages the object
 */
export async function examineObject(
  context: SyncContext,
  located: Located,
  secrets: readonly string[] = [],
): Promise<Examined | DocumentError> {
  const { live } = located;
  const adopt = live !== null && needsAdoption(context, located, live);
  const refusal = live === null ? null : immutableSelector(located, live);
  const judged = async (desired: KubeObject, refused?: string): Promise<Examined> => {
    const { changes, notes } = await fieldsOf(context, located, desired, secrets, adopt);
    const action = live === null ? 'create' : changes.length > 0 ? 'configure' : 'unchanged';
    return {
      ...located,
      adopt,
      desired,
      action,
      changes,
      notes,
      ...(refused === undefined ? {} : { refusal: refused }),
    };
  };
  if (refusal !== null && live !== null) {
    return context.forPeople === true ? await judged(laidOver(located, live), refusal.message) : refusal;
  }
  const dryRun = async (overAll = false): Promise<KubeObject> =>
    await predict(context, located, adopt, !adopt && (await isAsLeft(context, located)), overAll);
  try {
    return await judged(await dryRun());
  } catch (error) {
    if (context.forPeople === true && isOwnersConflict(error)) return await judged(await dryRun(true), error.message);
    if (!(error instanceof KubeError) || error.code !== 'BadInput') throw error;
    const said = refusedField(located, error);
    if (context.forPeople !== true || live === null || !isImmutable(error)) return said;
    return withImmutable(
      await judged(laidOver(located, live), `${said.message}; delete the object to have it made anew`),
      error,
    );
  }
}

/** Someone else owns a field that git states differently; not a write that came too late. */
function isOwnersConflict(error: unknown): error is NodewaveError {
  return error instanceof NodewaveError && !(error instanceof KubeError) && error.code === 'Conflict';
}

function refusedField({ object }: Located, error: KubeError): DocumentError {
  const place = placeOf(object, pathInSentence(object.body, error.message));
  return { ...place, message: `${describeObject(object)}: ${error.message}` };
}

function isImmutable(error: KubeError): boolean {
  return /immutable|may not (?:be )?changed?|cannot change|updates to .* are forbidden/i.test(error.message);
}

function laidOver({ object }: Located, live: KubeObject): KubeObject {
  return overlay(live, object.body) as KubeObject;
}

/** The fields that the API server named are those that need the object to be made anew. */
function withImmutable(examined: Examined, { causes }: KubeError): Examined {
  const named = causes.map(({ field = '' }) => field).filter((field) => field !== '');
  const changes = examined.changes.map((change) =>
    named.length === 0 || named.some((field) => change.path.startsWith(field))
      ? { ...change, class: 'immutable' as const }
      : change,
  );
  return { ...examined, changes };
}

/**
 * Whether a managed DaemonSet is as a rollout has left it: then parts that somebody has set by hand are back to what they
 * were, and the next release need not stop at them.
 */
async function isAsLeft({ client }: SyncContext, { object, live }: Located): Promise<boolean> {
  if (live === null || !isDaemonSet(object)) return false;
  const { name, namespace = '', uid } = live.metadata;
  const stored = await readRecord(client, { name, namespace });
  return stored?.record.daemonSetUid === uid && describeEdit(live as unknown as DaemonSet, stored.record) === null;
}

/** Whether the application still has to take the object over. Throws Conflict when someone else has it. */
function needsAdoption(context: SyncContext, { object }: Located, live: KubeObject): boolean {
  const claim = claimOf(live.metadata, context.application, isForced(context));
  if (claim.by === 'foreign') {
    const { file, line } = object.source;
    throw new NodewaveError(
      'Conflict',
      `${file}:${line}: ${describeObject(object)} is managed by ${claim.who}; ${claim.cure}`,
    );
  }
  if (isDaemonSet(object)) return claim.by === 'nobody';
  const manager = fieldManager(context.application);
  return live.metadata.managedFields?.some((entry) => entry.manager === manager) !== true;
}

/** The API server says that the field is immutable, but not what to do. */
function immutableSelector({ object }: Located, live: KubeObject): DocumentError | null {
  if (!isDaemonSet(object)) return null;
  const wanted = normalSelector(at(object.body, 'spec', 'selector'));
  const existing = normalSelector(at(live, 'spec', 'selector'));
  if (wanted === existing) return null;
  return {
    ...placeOf(object, ['spec', 'selector']),
    field: 'spec.selector',
    message: `${describeObject(object)} runs with selector ${existing}, and a DaemonSet's selector cannot be changed to ${wanted}; put it back, or give the DaemonSet another name`,
  };
}

function normalSelector(selector: unknown): string {
  const kept = isPlainObject(selector) ? selector : {};
  const filled = Object.entries(kept).filter(([, value]) => value !== null && canonicalJson(value).length > 2);
  return canonicalJson(Object.fromEntries(filled));
}
