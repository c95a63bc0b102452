import { baseOf, desiredDaemonSet, type ManagedAnnotations } from '../../domain/desired.ts';
import { digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { annotations, type DaemonSetRef, daemonSetLabel } from '../../domain/ids.ts';
import type { ManifestObject } from '../../domain/manifest/object.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { KubeObject } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { retryMoved } from '../cluster/retry-moved.ts';
import { applyOver } from './apply-over.ts';
import type { SyncContext } from './context.ts';
import { templateOf } from './predict.ts';

/** Reads a DaemonSet that the application manages. Throws Conflict when it is gone or has changed hands. */
export async function readOwn(
  client: ClusterClient,
  ref: Pick<DaemonSetRef, 'namespace' | 'name'>,
  application: string,
): Promise<KubeObject> {
  const live = await client.get<KubeObject>(paths.daemonSet(ref));
  if (live?.metadata.annotations?.[annotations.application] === application) return live;
  const what = live === null ? 'was deleted' : `is not managed by ${application} any more`;
  throw new NodewaveError('Conflict', `DaemonSet ${daemonSetLabel(ref)} ${what}; sync again`);
}

/**
 * Writes what git states of a DaemonSet except its template: the live template goes back as it is, with `OnDelete` in the
 * same write, so that no pod can restart. `read` is called for the version to write on, and again when that has moved
 * on: a rollout may be opening a window meanwhile.
 */
export async function writeAroundTemplate(
  context: SyncContext,
  object: ManifestObject,
  read: () => Promise<KubeObject>,
  adopting = false,
): Promise<KubeObject> {
  const { application, client, spec } = context;
  const ref = { namespace: object.namespace ?? spec.destination.namespace, name: object.name };
  return await retryMoved(async () => {
    const live = await read();
    const template = templateOf(live);
    const managed = managedAnnotations(application, live);
    const body = desiredDaemonSet(baseOf(object.body), template, managed, live.metadata.resourceVersion);
    const overKubectl = adopting || spec.sync.drift === 'correct';
    const written = await applyOver(client, { application, path: paths.daemonSet(ref), object, body, overKubectl });
    if (digest(templateOf(written)) === digest(template)) return written;
    throw new NodewaveError(
      'Conflict',
      `an admission webhook changed the pod template of DaemonSet ${daemonSetLabel(ref)} in a write that kept it as it was; ` +
        'its pods are left alone. Exempt the DaemonSet from the webhook, or make it change nothing the second time',
    );
  });
}

/** The annotations of rollouts keep their values: an apply that leaves out a field of its own manager removes it. */
function managedAnnotations(application: string, live: KubeObject): ManagedAnnotations {
  const found = live.metadata.annotations ?? {};
  const [phase, commit, lastGoodCommit] = [
    found[annotations.phase],
    found[annotations.commit],
    found[annotations.lastGoodCommit],
  ];
  return {
    application,
    ...(phase === undefined ? {} : { phase }),
    ...(commit === undefined ? {} : { commit }),
    ...(lastGoodCommit === undefined ? {} : { lastGoodCommit }),
  };
}
