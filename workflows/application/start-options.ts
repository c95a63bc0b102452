import { ChildWorkflowCancellationType, ParentClosePolicy } from '@temporalio/workflow';
import { returnAhead } from '../../domain/application/restore.ts';
import { catchUpPolicy, expeditedPolicy, policyOf } from '../../domain/application/rollout-policy.ts';
import { type ActiveRollout, type AppliedPlan, kept, type SyncRun } from '../../domain/application/state.ts';
import { daemonSetLabel, rolloutWorkflowId, workflowTaskQueue } from '../../domain/ids.ts';
import { shortCommit, shorten } from '../../domain/markdown.ts';
import type { RolloutInput, RolloutMemo } from '../../domain/rollout/input.ts';
import type { DaemonSetSync } from '../../domain/sync.ts';
import { searchAttributes } from '../attributes.ts';
import { type App, specOf } from './app.ts';

/** What is to be rolled out. */
export interface Start {
  sync: DaemonSetSync;
  mode: RolloutInput['mode'];
  /** Nodes to catch up, when that is all it is for. */
  catchUp?: string[];
}

/** What is known of a rollout from before it is started. */
export function makeActive(app: App, { sync, mode, catchUp }: Start, plan: AppliedPlan, by: string): ActiveRollout {
  const { namespace, name, templateDigest, quarantineKey } = sync;
  const ref = { cluster: specOf(app).destination.cluster, namespace, name };
  const { commit, subject } = plan;
  const rollout = Date.now();
  const workflowId = rolloutWorkflowId(ref);
  const supersede = policyOf(app.state, sync)?.supersede ?? 'replace';
  return {
    namespace,
    name,
    workflowId,
    rollout,
    mode,
    commit,
    subject,
    templateDigest,
    quarantineKey,
    by,
    supersededBy: null,
    ...(supersede === 'replace' ? {} : { supersede }),
    ...(catchUp === undefined ? {} : { catchUp }),
  };
}

/** How the rollout's workflow is started. */
export function childOptions(
  app: App,
  active: ActiveRollout,
  run: SyncRun,
  planned: DaemonSetSync,
  plan: AppliedPlan,
  reason?: string,
) {
  const spec = specOf(app);
  const policy = planned.policy ?? spec.rollout;
  const { catchUp } = active;
  const { expedite } = run;
  const returnTo = active.mode === 'update' && catchUp === undefined ? returnAhead(app.state, run, planned) : null;
  const sync: DaemonSetSync =
    catchUp !== undefined
      ? { ...planned, policy: catchUpPolicy(policy) }
      : expedite !== undefined && active.mode === 'update'
        ? { ...planned, policy: expeditedPolicy(policy) }
        : planned;
  const { namespace, name, workflowId, rollout, mode, commit, subject, by, templateDigest, quarantineKey } = active;
  const application = app.state.name;
  const { cluster } = spec.destination;
  const input: RolloutInput = {
    v: 1,
    application,
    ref: { cluster, namespace, name },
    mode,
    spec,
    sync,
    commit,
    subject,
    renderedDigest: plan.renderedDigest,
    rollout,
    by,
    ...(reason !== undefined && { reason }),
    ...(expedite !== undefined && active.mode === 'update' && catchUp === undefined && { expedite }),
    ...(catchUp !== undefined && { catchUp }),
    ...(returnTo !== null && { returnTo }),
  };
  const memo: RolloutMemo = { application, rollout, mode, commit, subject, templateDigest, quarantineKey };
  return {
    workflowId,
    taskQueue: workflowTaskQueue,
    args: [input] as [RolloutInput],
    // The rollout outlives its application: whatever happens here, its nodes are brought to an end.
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    memo: { ...memo },
    typedSearchAttributes: [
      { key: searchAttributes.application, value: application },
      { key: searchAttributes.cluster, value: cluster },
      { key: searchAttributes.daemonSet, value: daemonSetLabel(active) },
      { key: searchAttributes.commit, value: commit },
      { key: searchAttributes.phase, value: 'planning' },
    ],
    staticSummary: shorten(`${mode} ${daemonSetLabel(active)} commit ${shortCommit(commit)}`, kept.name),
  };
}
