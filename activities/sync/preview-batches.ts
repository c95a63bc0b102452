import { planBatches } from '../../domain/rollout/plan.ts';
import type { ShownBatchPlan } from '../../domain/sync.ts';
import type { Node, RawTemplate } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { nodeView, schedulingView } from '../cluster/project.ts';
import type { SyncContext } from './context.ts';
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
  return moving.slice(0, mostPlans).map(({ sync, examined, resolved }) => {
    const {
      rules: _rules,
      batches,
      ...plan
    } = planBatches({
      policy: sync.verdict === 'rollout' ? resolved.policy : { ...resolved.policy, batches: [installBatch] },
      manifestMaxUnavailable: sync.maxUnavailable,
      nodes: nodes.items,
      scheduling: schedulingView(templateOf(examined.desired) as RawTemplate),
      rollout: 0,
    });
    // Which nodes a batch gets is decided when the rollout starts: its own plan counts them by zone and pool.
    const counts = batches.map(({ zones: _zones, pools: _pools, ...batch }) => batch);
    return { namespace: sync.namespace, name: sync.name, ...plan, batches: counts };
  });
}

/** The controller creates the pods of a new DaemonSet on all nodes at once. */
const installBatch = { name: 'install', nodes: '100%', soakMs: 0 } as const;
