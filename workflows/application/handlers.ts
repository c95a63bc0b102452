import { ApplicationFailure, isCancellation, setHandler, upsertMemo } from '@temporalio/workflow';
import { readFinished } from '../../domain/application/finished.ts';
import { otherDescriptions } from '../../domain/application/messages.ts';
import { findDaemonSet } from '../../domain/application/refusals.ts';
import { noteReport, reportsOn } from '../../domain/application/reports.ts';
import { finishRollout } from '../../domain/application/runs.ts';
import { kept, sameDaemonSet } from '../../domain/application/state.ts';
import { statusOf } from '../../domain/application/status.ts';
import { addTrigger, noteDelivery } from '../../domain/application/triggers.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { shorten } from '../../domain/markdown.ts';
import type { Preview } from '../../domain/sync.ts';
import type { DaemonSetDecision } from '../../domain/wire.ts';
import { readFailure } from '../holding.ts';
import * as messages from '../messages.ts';
import { previewActivities } from '../proxies.ts';
import { accept, accepted, arrived, options, refusal, withReason } from './answers.ts';
import type { App } from './app.ts';
import { setExplainHandler } from './explain.ts';
import { setPauseHandlers } from './pause.ts';
import { stopWatch } from './watch.ts';

/**
 * Sets every handler; called before the first await, so that nothing that came with the start is lost. Handlers only change
 * the state: the main loop does the work. `preview` and `explain` do their own, because their callers wait for the answer.
 */
export function setHandlers(app: App): void {
  const { state } = app;
  setHandler(messages.applicationStatusQuery, () => statusOf(state), { description: otherDescriptions.status });
  setHandler(
    messages.changedSignal,
    (signal) => {
      noteDelivery(state, signal, Date.now());
      arrived(app);
    },
    { description: otherDescriptions.changed },
  );
  // Nothing is woken: gates ask by themselves.
  setHandler(messages.reportSignal, (signal) => noteReport(state, signal, Date.now()), {
    description: otherDescriptions.report,
  });
  setHandler(messages.reportsQuery, (question) => reportsOn(state, question), {
    description: otherDescriptions.reports,
  });
  setHandler(
    messages.rolloutFinishedSignal,
    (signal) => {
      const finished = readFinished(signal);
      if (!finished || !finishRollout(state, finished, Date.now())) return;
      stopWatch(app, finished);
      arrived(app);
    },
    { description: otherDescriptions.rolloutFinished },
  );
  setHandler(
    messages.configureUpdate,
    ({ spec, by }) => {
      const words = state.spec ? 'changed' : 'created';
      // Read from Temporal's list when a push is matched: without it each push would ask every application.
      if (state.spec?.source.repo !== spec.source.repo) upsertMemo({ repo: spec.source.repo });
      state.spec = spec;
      state.specRevision += 1;
      // An apply alone does not override sync.auto: false.
      addTrigger(state, { forced: true, manual: false, by, requestIds: [] });
      return accept(app, by, `configure: application ${words}`, `Application ${state.name} ${words}; asking git now.`);
    },
    options(app, 'configure'),
  );
  setHandler(
    messages.syncUpdate,
    ({ by, reason = '', requestId, expedite }) => {
      if (knowsRequest(app, requestId)) return accepted(app, `Sync ${requestId} was accepted before.`);
      const who = { by: shorten(by.trim(), kept.name), reason: shorten(reason.trim(), kept.sentence) };
      addTrigger(state, {
        forced: true,
        manual: true,
        by,
        requestIds: [shorten(requestId, kept.name)],
        ...(expedite === true ? { expedite: who } : {}),
      });
      if (expedite !== true) {
        return accept(app, by, withReason('sync', reason), 'Asking git now; "nodewave get" shows the outcome.');
      }
      const running = state.active.length === 0 ? '' : ' What runs already keeps its soaks and windows.';
      const message = `Asking git now; its rollouts skip soaks and windows, gates and approvals stay.${running}`;
      return accept(app, by, withReason('sync, expedited', reason), message);
    },
    options(app, 'sync'),
  );
  setPauseHandlers(app);
  setExplainHandler(app);
  setHandler(messages.previewUpdate, (request) => preview(app, request), options(app, 'preview'));
  setHandler(
    messages.applicationRetryUpdate,
    (decision) => {
      const named = targetOf(app, decision);
      state.obstacles = state.obstacles.filter((obstacle) => named && !sameDaemonSet(obstacle, named));
      addTrigger(state, { forced: true, manual: true, by: decision.by, requestIds: [] });
      return accept(app, decision.by, withReason('retry', decision.reason), 'Trying again with what git holds now.');
    },
    options(app, 'retry'),
  );
  setHandler(
    messages.applicationRollbackUpdate,
    ({ by, reason = '', daemonset }) => {
      const target = findDaemonSet(state, daemonset);
      if (typeof target === 'string') throw refusal(target);
      state.rollbacks.push({ ...target, by, reason: shorten(reason, kept.sentence) });
      const label = daemonSetLabel(target);
      return accept(
        app,
        by,
        withReason(`rollback of ${label}`, reason),
        `${label} returns to the good revision before.`,
      );
    },
    options(app, 'rollback'),
  );
  setHandler(
    messages.releaseQuarantineUpdate,
    (decision) => {
      const named = targetOf(app, decision);
      state.release = { by: decision.by, ...(named && { daemonset: daemonSetLabel(named) }) };
      const what = withReason('release-quarantine', decision.reason);
      return accept(app, decision.by, what, 'The quarantine is lifted, then the commit is rolled out again.');
    },
    options(app, 'releaseQuarantine'),
  );
  setHandler(
    messages.removeUpdate,
    ({ by, reason = '' }) => {
      state.removal = { by, reason };
      return accept(app, by, withReason('delete', reason), 'The DaemonSets are given back and run on.');
    },
    options(app, 'remove'),
  );
}

async function preview(app: App, request: Record<string, unknown> = {}): Promise<Preview> {
  const { spec } = app.state;
  if (!spec) throw refusal('Not configured yet.');
  const activities = previewActivities(spec.destination.cluster);
  try {
    const { repo, ref } = spec.source;
    const { commit: named, patches } = request;
    const commit = typeof named === 'string' ? named : (await activities.resolveRef({ repo, ref })).commit;
    return await activities.previewSync({ spec, commit, ...(patches === true ? { patches } : {}) });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const failed = readFailure(error);
    throw ApplicationFailure.nonRetryable(failed?.sentence ?? 'The preview failed.', failed?.code ?? 'Defect');
  }
}

function targetOf(app: App, { daemonset }: DaemonSetDecision): { namespace: string; name: string } | null {
  const target = daemonset === undefined ? null : findDaemonSet(app.state, daemonset);
  if (typeof target === 'string') throw refusal(target);
  return target;
}

function knowsRequest(app: App, requestId: string): boolean {
  const { pending, waiting, queue = [], runs, recent } = app.state;
  return [pending, waiting, ...queue, app.serving, ...runs, ...recent].some((one) =>
    one?.requestIds.includes(requestId),
  );
}
