import { claimOf } from '../../domain/adopt/claim.ts';
import { fieldChanges } from '../../domain/diff/change.ts';
import { canonicalJson } from '../../domain/digest.ts';
import type { DocumentError } from '../../domain/document-error.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { fieldManager } from '../../domain/ids.ts';
import { describeObject, isDaemonSet } from '../../domain/manifest/object.ts';
import { pathInSentence, placeOf } from '../../domain/manifest/place.ts';
import { at, isPlainObject } from '../../domain/plain.ts';
import type { FieldChange, ObjectAction } from '../../domain/sync.ts';
import { KubeError } from '../cluster/kube-error.ts';
import type { DaemonSet, KubeObject } from '../cluster/objects.ts';
import { readRecord } from '../cluster/record-store.ts';
import { describeEdit } from '../rollout/edits.ts';
import { isForced, type SyncContext } from './context.ts';
import type { Located } from './locate.ts';
import { predict } from './predict.ts';

/** An object of the commit, what it would become, and what that changes. */
export interface Examined extends Located {
  /** It runs, and this application does not manage it yet. */
  adopt: boolean;
  desired: KubeObject;
  action: ObjectAction;
  changes: FieldChange[];
}

/**
 * Asks the API server what applying the object would lead to. Bad input comes back as an error with file and line, so
 * that all of a commit can be told at once.
 * @throws NodewaveError Conflict when someone else manages the object
 */
export async function examineObject(context: SyncContext, located: Located): Promise<Examined | DocumentError> {
  const { object, live } = located;
  const adopt = live !== null && needsAdoption(context, located, live);
  const refusal = live === null ? null : immutableSelector(located, live);
  if (refusal !== null) return refusal;
  try {
    const desired = await predict(context, located, adopt, !adopt && (await isAsLeft(context, located)));
    const changes = changesOf(located, desired);
    const action = live === null ? 'create' : changes.length > 0 ? 'configure' : 'unchanged';
    return { ...located, adopt, desired, action, changes };
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 'BadInput') throw error;
    const place = placeOf(object, pathInSentence(object.body, error.message));
    return { ...place, message: `${describeObject(object)}: ${error.message}` };
  }
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

function changesOf({ object, live }: Located, desired: KubeObject): FieldChange[] {
  const { apiVersion, kind } = object;
  // Of a new object git's own text is shown: the defaults of the API server would drown it.
  const after = live === null ? object.body : desired;
  if (!isDaemonSet(object)) return fieldChanges({ apiVersion, kind, live, desired: after });
  const before = live === null ? null : onlyStrategyType(live, at(live, 'spec', 'updateStrategy', 'type'));
  return fieldChanges({ apiVersion, kind, live: before, desired: onlyStrategyType(after, 'OnDelete') });
}

/** What Nodewave writes as the strategy is OnDelete, whatever git asks for; the rest of the strategy then means nothing. */
function onlyStrategyType(object: Record<string, unknown>, type: unknown): Record<string, unknown> {
  const spec = isPlainObject(object.spec) ? object.spec : {};
  return { ...object, spec: { ...spec, updateStrategy: { type } } };
}
