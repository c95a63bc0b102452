import type { NodewaveClient, RolloutView } from '../client/index.ts';
import type { DaemonSetRef } from '../domain/ids.ts';
import type { ApplicationStatus } from '../domain/wire.ts';

/** The DaemonSet of one of an application's rollouts. */
export function refOf(status: ApplicationStatus, rollout: { namespace: string; name: string }): DaemonSetRef {
  return { cluster: status.spec?.destination.cluster ?? '', namespace: rollout.namespace, name: rollout.name };
}

/** The running rollouts of an application, as far as they answer. */
export async function runningRollouts(client: NodewaveClient, status: ApplicationStatus): Promise<RolloutView[]> {
  const views = await Promise.all(
    status.rollouts.map(async (one) => {
      const view = await client.rolloutStatus(refOf(status, one)).catch(() => null);
      return view === null ? [] : [view];
    }),
  );
  return views.flat();
}
