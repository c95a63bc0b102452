import { ApplicationFailure, condition, proxyActivities, setHandler } from '@temporalio/workflow';
import type { ApplicationInput } from '../../domain/application/state.ts';
import { accept, type Payload } from '../../domain/rollout/accept.ts';
import type { RolloutInput } from '../../domain/rollout/input.ts';
import { initialState, type RolloutState } from '../../domain/rollout/state.ts';
import { statusOf } from '../../domain/rollout/status.ts';
import type { Preview } from '../../domain/sync.ts';
import type { Accepted, ApplicationStatus, SyncOutcome } from '../../domain/wire.ts';
import * as messages from '../../workflows/messages.ts';

const commit = 'ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12';

const accepted = (message: string): Accepted => ({ accepted: true, message, phase: 'waiting' });

/** Answers like an application. Named `bad-…` its syncs come to a rollback, named `same-…` it has no changes. */
export async function application(input: ApplicationInput): Promise<void> {
  let spec = input.spec;
  let removed = false;
  let recent: SyncOutcome[] = [];
  const bad = input.name.startsWith('bad-');
  setHandler(
    messages.applicationStatusQuery,
    (): ApplicationStatus => ({
      name: input.name,
      spec,
      phase: removed ? 'removed' : 'waiting',
      sentence: removed ? 'It was removed; its DaemonSets run on.' : `Commit ${commit.slice(0, 7)} is on cluster prod.`,
      observedCommit: commit,
      observedAtMs: Date.now(),
      syncedCommit: commit,
      rollouts: [],
      recent,
      lastDelivery: null,
      log: removed ? [{ atMs: Date.now(), by: 'nodewave', what: 'monitoring/agent runs on' }] : [],
    }),
  );
  setHandler(messages.configureUpdate, (request) => {
    spec = request.spec;
    return accepted(`Application ${input.name} created by ${request.by}.`);
  });
  setHandler(messages.syncUpdate, ({ requestId }) => {
    const cause = bad ? 'CrashLoopBackOff on node-1' : null;
    const outcome = bad ? 'rolledBack' : 'succeeded';
    recent = [{ commit, subject: 'Agent 1.4', outcome, cause, atMs: Date.now(), requestIds: [requestId] }];
    return accepted('Asking git now.');
  });
  setHandler(messages.previewUpdate, () => previewOf(input.name.startsWith('same-')));
  setHandler(messages.removeUpdate, () => {
    removed = true;
    return accepted('The DaemonSets are given back and run on.');
  });
  await condition(() => removed);
}

function previewOf(same: boolean): Preview {
  const objects = same
    ? []
    : [{ kind: 'ConfigMap', apiVersion: 'v1', namespace: 'n', name: 'c', action: 'create' as const, fields: [] }];
  const others = { create: objects.length, configure: 0, unchanged: 0 };
  const plan = { commit, subject: 'Agent 1.4', renderedDigest: 'd', others, daemonSets: [], warnings: [] };
  return { plan, objects, truncated: false };
}

const { runBatch } = proxyActivities<{ runBatch(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
});

/** Decides messages as the real one does; waits for an approval, then runs one batch until somebody aborts or the batch ends. */
export async function rollout(input: RolloutInput): Promise<void> {
  let state: RolloutState = { ...initialState(), phase: 'awaitingApprovalBefore', toHash: '6b7a9d', plan };
  setHandler(messages.rolloutStatusQuery, () => statusOf(input, state));
  const bind = (definition: typeof messages.approveUpdate, message: 'approve' | 'pause' | 'abort' | 'resume') => {
    const decide = (payload: Payload) => accept(state, message, payload, Date.now());
    setHandler(
      definition,
      (payload) => {
        const verdict = decide(payload);
        if (!verdict.ok) throw ApplicationFailure.nonRetryable(verdict.refusal, 'Refused');
        state = verdict.state;
        return { accepted: true, message: verdict.message, phase: state.phase };
      },
      {
        validator: (payload) => {
          const verdict = decide(payload);
          if (!verdict.ok) throw ApplicationFailure.nonRetryable(verdict.refusal, 'Refused');
        },
      },
    );
  };
  bind(messages.approveUpdate, 'approve');
  bind(messages.pauseUpdate as typeof messages.approveUpdate, 'pause');
  bind(messages.abortUpdate as typeof messages.approveUpdate, 'abort');
  bind(messages.resumeUpdate as typeof messages.approveUpdate, 'resume');
  await condition(() => state.approved.length > 0 || state.intent !== null);
  if (state.intent !== null) {
    state = { ...state, phase: 'aborted', outcome: 'aborted', cause: 'aborted by a person' };
    return;
  }
  state = { ...state, phase: 'rolling' };
  await runBatch();
  state = { ...state, phase: 'succeeded', outcome: 'succeeded' };
}

const plan: RolloutState['plan'] = {
  digest: '0123abcd4567ef',
  batches: [{ name: 'all', nodes: '100%', goal: 12, soakMs: 0, approval: 'before' }],
  rules: [{ name: 'all', nodes: '100%', soakMs: 0, approval: 'before' }],
  maxUnavailable: '10%',
  budget: 2,
  census: { eligible: 12, zones: {}, pools: {} },
  fromHash: '5d4f8c',
  lastGoodCommit: commit,
  notes: [],
};
