import { rolloutCost } from '../../domain/diff/cost.ts';
import { at } from '../../domain/plain.ts';
import { leavingNodes } from '../../domain/rollout/leaving.ts';
import { planBatches } from '../../domain/rollout/plan.ts';
import type { ShownBatchPlan } from '../../domain/sync.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet, Node, Pod, RawTemplate } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { nodeView, podView, schedulingView } from '../cluster/project.ts';
import { labelSelectorOf } from '../cluster/selector.ts';
import { lanes, type SyncContext } from './context.ts';
import { inParallel } from './parallel.ts';
import { templateOf } from './predict.ts';
import type { Prepared } from './prepare.ts';

/** Rollouts whose batches are shown: the preview has a bound. */
const mostPlans = 20;

/**
 * The batches of every DaemonSet whose pods the sync would replace, with how many nodes they reach on the nodes of now. The
 * order of nodes belongs to a rollout, which does not exist yet: only counts are told.
 */
export async function previewBatches(
  { client }: SyncContext,
  { daemonSets }: Prepared,
  signal: AbortSignal,
): Promise<ShownBatchPlan[]> {
  const moving = daemonSets.filter(({ sync }) => sync.verdict === 'rollout' || sync.verdict === 'install');
  if (moving.length === 0) return [];
  const nodes = await client.list(paths.nodes(), { project: (raw: Node) => nodeView(raw), signal });
  return await inParallel(moving.slice(0, mostPlans), lanes, async ({ sync, examined, resolved }) => {
    const { policy } = resolved;
    const scheduling = schedulingView(templateOf(examined.desired) as RawTemplate);
    const {
      rules: _rules,
      batches,
      ...plan
    } = planBatches({
      policy: sync.verdict === 'rollout' ? policy : { ...policy, batches: [installBatch] },
      manifestMaxUnavailable: sync.maxUnavailable,
      nodes: nodes.items,
      scheduling,
      rollout: 0,
    });
    // Which nodes a batch gets is decided when the rollout starts: its own plan counts them by zone and pool.
    const counts = batches.map(({ zones: _zones, pools: _pools, ...batch }) => batch);
    const told = { namespace: sync.namespace, name: sync.name, ...plan, batches: counts };
    if (sync.verdict !== 'rollout' || examined.live === null) return told;
    const live = examined.live as unknown as DaemonSet;
    const leaving = leavingNodes(nodes.items, schedulingView(live.spec.template), scheduling, plan.maxUnavailable);
    const refused = leaving?.tooMany === true ? 'It would be refused. ' : '';
    const shown = leaving === null ? told : { ...told, notes: [...told.notes, `${refused}${leaving.sentence}`] };
    const startsMs = await startsOf(client, live, signal);
    const minReadySeconds = at(examined.desired, 'spec', 'minReadySeconds');
    const minReadyMs = typeof minReadySeconds === 'number' ? minReadySeconds * 1_000 : 0;
    const cost = rolloutCost({
      policy,
      plan: { ...plan, batches },
      nodes: nodes.items,
      scheduling,
      minReadyMs,
      startsMs,
    });
    return { ...shown, cost };
  });
}

/** How long the pods that run now took to become ready. One that has restarted since tells nothing. */
async function startsOf(client: ClusterClient, live: DaemonSet, signal: AbortSignal): Promise<number[]> {
  const { items } = await client.list(paths.pods(live.metadata.namespace ?? ''), {
    labelSelector: labelSelectorOf(live),
    signal,
    project: (pod: Pod): number | null => {
      if (pod.metadata.ownerReferences?.some((owner) => owner.uid === live.metadata.uid) !== true) return null;
      const { createdMs, readySinceMs, containers } = podView(pod);
      const isFirstStart = containers.every(({ restartCount }) => restartCount === 0);
      return isFirstStart && readySinceMs !== undefined ? Math.max(0, readySinceMs - createdMs) : null;
    },
  });
  return items.filter((startMs) => startMs !== null);
}

/** The controller creates the pods of a new DaemonSet on all nodes at once. */
const installBatch = { name: 'install', nodes: '100%', soakMs: 0 } as const;
