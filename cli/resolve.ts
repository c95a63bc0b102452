import type { ListedRollout, NodewaveClient } from '../client/index.ts';
import { type DaemonSetRef, daemonSetLabel } from '../domain/ids.ts';
import { CliError } from './errors.ts';
import { daemonSetArguments, type NamedDaemonSet } from './target.ts';

/**
 * Finds the cluster of a DaemonSet that was named without one: the only cluster where it has or had a rollout, else the
 * only one in use. Never guesses between two.
 */
export async function resolveDaemonSet(client: NodewaveClient, named: NamedDaemonSet): Promise<DaemonSetRef> {
  const { namespace, name, cluster } = named;
  if (cluster !== undefined) return { cluster, namespace, name };
  const rollouts = await client.listRollouts({ namespace, name });
  const candidates = rollouts.length > 0 ? clustersOf(rollouts) : await clustersInUse(client, named);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return { cluster: only, namespace, name };
  if (only !== undefined) throw ambiguous(named, candidates, rollouts);
  throw await noSuchRollout(client, named);
}

function clustersOf(rollouts: readonly ListedRollout[]): string[] {
  return [...new Set(rollouts.map(({ ref }) => ref.cluster))].toSorted();
}

/** Temporal's list lags by a second, so applications are asked as well which rollouts they run. */
async function clustersInUse(client: NodewaveClient, named: NamedDaemonSet): Promise<string[]> {
  const statuses = (await client.listApplications()).flatMap(({ status }) => status ?? []);
  const running = statuses.filter((status) =>
    status.rollouts.some((rollout) => rollout.namespace === named.namespace && rollout.name === named.name),
  );
  const chosen = running.length > 0 ? running : statuses;
  return [...new Set(chosen.flatMap(({ spec }) => spec?.destination.cluster ?? []))].toSorted();
}

function ambiguous(named: NamedDaemonSet, candidates: readonly string[], rollouts: readonly ListedRollout[]): CliError {
  const label = daemonSetLabel(named);
  const running = new Set(clustersOf(rollouts.filter((rollout) => rollout.running)));
  const known = candidates.map((cluster) => (running.has(cluster) ? `${cluster} (a rollout runs)` : cluster));
  return new CliError(
    'usage',
    `${label} may be meant on several clusters: ${known.join(', ')}`,
    `Name one, for example: ${daemonSetArguments({ ...named, cluster: [...running][0] ?? candidates[0] })}`,
  );
}

/** Says that there is no rollout of what was named, and what was probably meant. */
export async function noSuchRollout(client: NodewaveClient, named: NamedDaemonSet): Promise<CliError> {
  const where = named.cluster === undefined ? '' : ` on cluster ${named.cluster}`;
  const others = await client.listRollouts({ name: named.name }).catch(() => []);
  const [meant] = others;
  const cure =
    meant === undefined
      ? 'Check name, namespace and cluster; "nodewave get" shows which applications have rollouts.'
      : `There ${others.length === 1 ? 'is one' : `are ${others.length}`} elsewhere: ${others
          .slice(0, 3)
          .map(({ ref }) => daemonSetArguments(ref))
          .join(', ')}`;
  return new CliError('notFound', `there is no rollout of ${daemonSetLabel(named)}${where}`, cure);
}

/** The application that a DaemonSet belongs to, as far as its rollouts and the running applications tell; null when unknown. */
export async function applicationOf(client: NodewaveClient, ref: DaemonSetRef): Promise<string | null> {
  const [newest] = await client.listRollouts(ref).catch(() => []);
  if (newest !== undefined && newest.application !== null) return newest.application;
  const entries = await client.listApplications().catch(() => []);
  const there = entries.filter(({ status }) => status?.spec?.destination.cluster === ref.cluster);
  return there.length === 1 ? (there[0]?.name ?? null) : null;
}
