import { isDeliveryTool } from '../../domain/adopt/claim.ts';
import { isKubectl } from '../../domain/adopt/take-over.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { fieldManager } from '../../domain/ids.ts';
import { describeObject, isDaemonSet, type ManifestObject } from '../../domain/manifest/object.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus, type KubeError } from '../cluster/kube-error.ts';
import type { KubeObject } from '../cluster/objects.ts';

/** How an object is applied. */
export interface ApplyOver {
  application: string;
  path: string;
  object: ManifestObject;
  /** What is sent; the object's own body without it. */
  body?: Record<string, unknown>;
  /** Git has precedence over what people set with kubectl: in an adoption, and where drift is corrected. */
  overKubectl: boolean;
  /** So it has over other delivery tools, because a person has said so. */
  overTools?: boolean;
  /** Over everyone, in a dry run that shows what git asks for. */
  overAll?: boolean;
  dryRun?: boolean;
}

/**
 * Applies an object server-side without taking fields from anyone, and again with force when all that stands in the way
 * was set with kubectl and git has precedence over that.
 * @throws NodewaveError Conflict that names managers and fields, or that the object has changed since it was read
 */
export async function applyOver(client: ClusterClient, options: ApplyOver): Promise<KubeObject> {
  const { application, path, object, dryRun, overKubectl, overTools = false, overAll = false } = options;
  const body = options.body ?? object.body;
  const manager = fieldManager(application);
  const request = { fieldManager: manager, dryRun, fieldValidation: 'Strict' as const };
  try {
    return await client.apply<KubeObject>(path, body, request);
  } catch (error) {
    if (!hasStatus(error, 409)) throw error;
    const conflicts = conflictsOf(error);
    if (conflicts.length === 0) throw error;
    const others = conflicts.filter((conflict) => conflict.manager !== manager);
    const stubborn = others.filter(
      ({ manager: other }) => !(overKubectl && isKubectl(other)) && !(overTools && isDeliveryTool(other)),
    );
    if (overAll && dryRun === true) return await client.apply<KubeObject>(path, body, { ...request, force: true });
    if (stubborn.length > 0) throw conflictError(object, stubborn);
    return await client.apply<KubeObject>(path, body, { ...request, force: true });
  }
}

interface FieldConflict {
  manager: string;
  field: string;
}

/** Empty for other reasons of a 409, such as a resourceVersion that has moved on. */
function conflictsOf(error: KubeError): FieldConflict[] {
  return error.causes
    .filter((cause) => cause.reason === 'FieldManagerConflict')
    .map((cause) => ({
      manager: /^conflict with "([^"]+)"/.exec(cause.message ?? '')?.[1] ?? cause.message ?? 'someone',
      field: cause.field ?? 'a field',
    }));
}

const shownConflicts = 5;

function conflictError(object: ManifestObject, conflicts: readonly FieldConflict[]): NodewaveError {
  const shown = conflicts.slice(0, shownConflicts).map(({ manager, field }) => `${field} by ${manager}`);
  const more = conflicts.length > shownConflicts ? `, and ${conflicts.length - shownConflicts} more` : '';
  return new NodewaveError(
    'Conflict',
    `${object.source.file}:${object.source.line}: ${describeObject(object)} has fields that someone else set: ${shown.join(', ')}${more}. ` +
      `Take them out of git${isDaemonSet(object) ? '' : ', leave them to their owner with a rule in spec.ignore'}, or have their owner let go of them; git does not take them by force`,
  );
}
