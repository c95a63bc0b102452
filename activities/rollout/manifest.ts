import type { ApplicationSpec } from '../../domain/application/spec.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { RolloutContext } from '../contract.ts';
import type { RolloutCall } from './call.ts';

/** Renders the commit again and returns the DaemonSet's manifest; Conflict when the rendered objects have changed. */
export async function findManifest(
  call: RolloutCall,
  input: { context: RolloutContext; spec: ApplicationSpec; commit: string; renderedDigest: string },
): Promise<Record<string, unknown>> {
  const rendered = await call.render(input.spec, input.commit);
  if (rendered.renderedDigest !== input.renderedDigest) {
    throw new NodewaveError(
      'Conflict',
      `commit ${input.commit} renders to other objects than when it was planned; sync again`,
    );
  }
  const { namespace, name } = input.context.ref;
  const found = rendered.objects.find(
    (object) => object.kind === 'DaemonSet' && object.name === name && object.namespace === namespace,
  );
  if (found === undefined) {
    throw new NodewaveError(
      'BadInput',
      `commit ${input.commit} has no DaemonSet ${daemonSetLabel({ namespace, name })}`,
    );
  }
  return found.body;
}
