import { setTimeout as sleep } from 'node:timers/promises';
import { NodewaveError } from '../../domain/failures.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import { unplannedExposure } from '../../domain/rollout/exposure.ts';
import { isSoaked, keptSoak, restless, startSoak, tickSoak } from '../../domain/rollout/soak-clock.ts';
import { decideStep } from '../../domain/rollout/step.ts';
import type { Step } from '../../domain/rollout/step-types.ts';
import { daemonSetView } from '../cluster/project.ts';
import { readRecord } from '../cluster/record-store.ts';
import type { BatchInput, BatchResult } from '../contract.ts';
import { type BatchDeps, BatchStopped, stepRules } from './batch-deps.ts';
import { findEdit } from './edits.ts';
import { openLiveView } from './live-view.ts';
import { batchResult } from './result.ts';
import { endedByGates, type SoakGates, soakGates } from './soak-gates.ts';
import { readManaged } from './template.ts';

const tickMs = 500;

/** How often the DaemonSet itself is read again: without it no pod would ever come back to be judged. */
const recheckMs = 2_000;

/**
 * Watches the nodes of the batches so far until the batch has soaked, `untilMs` at the earliest, and its gates have passed: failed as
 * soon as one is red, else done, or incomplete when nodes left the target meanwhile. Deletes nothing and writes nothing.
 */
export async function watchSoak(deps: BatchDeps, input: { batch: BatchInput; untilMs: number }): Promise<BatchResult> {
  const { ref, application } = input.batch.context;
  const live = await readManaged(deps.client, ref, application);
  const stored = await readRecord(deps.client, ref);
  if (stored === null) throw new NodewaveError('Conflict', 'the record was deleted while the rollout ran');
  const { record } = stored;
  const rules = stepRules({ ...input.batch, observeOnly: true });
  const { scheduling } = daemonSetView(live);
  const views = new AbortController();
  const signal = AbortSignal.any([deps.signal, views.signal]);
  let gates: SoakGates | null = null;
  try {
    const view = await openLiveView(deps.client, live, live.spec.minReadySeconds ?? 0, signal);
    const decide = (): Step =>
      decideStep(rules, {
        nowMs: Date.now(),
        seenSinceMs: view.seenSinceMs(),
        nodes: view.nodes(),
        pods: view.pods(),
        scheduling,
        isAvailable: (pod) => view.isAvailable(pod),
        restartsBefore: input.batch.judgeAgain ? view.restartsAtStart : new Map(),
        grants: record.grants,
        touched: new Set(record.touched),
        ...view.neighbours(),
      });
    let checkedMs = performance.now();
    gates = soakGates(deps.gates, input.batch, record, view);
    let clock = startSoak(input.untilMs, rules.rules[rules.batchIndex]?.soakMs ?? 0, deps.keptSoak ?? null);
    const ended = (verdict: BatchResult['verdict'], step: Step, edit?: string): BatchResult => ({
      ...batchResult(verdict, step, record, edit),
      ...(clock.anew === undefined ? {} : { soakAnew: clock.anew }),
      ...(gates === null ? {} : { gates: gates.verdict().reports }),
    });
    const watching = async (): Promise<BatchResult> => {
      while (true) {
        await view.ensureFresh();
        if (deps.signal.aborted) throw new BatchStopped(ended('stopped', decide()));
        if (performance.now() - checkedMs > recheckMs) {
          const edit = await editDuring(deps, input.batch, record);
          checkedMs = performance.now();
          if (edit !== null) return ended('edited', decide(), edit);
        }
        const step = decide();
        clock = tickSoak(clock, step.soaking, Date.now());
        gates?.tick(step);
        deps.report(step, keptSoak(clock), gates?.kept());
        if (step.findings.length > 0) return ended('failed', step);
        const attention = unplannedExposure(rules, step) ?? restless(clock);
        if (attention !== null) return { ...ended('attention', step), attention };
        const verdict = gates?.verdict() ?? null;
        const byGates = endedByGates(verdict, step);
        if (byGates !== null) return { ...ended(byGates.verdict, step), ...byGates };
        const passed = verdict === null || verdict.state === 'passed';
        if (isSoaked(clock, Date.now()) && passed && step.outage === null) {
          return ended(step.done ? 'done' : 'incomplete', step);
        }
        await Promise.race([view.changed(), sleep(tickMs), ...(gates === null ? [] : [gates.changed()])]);
      }
    };
    return await Promise.race([watching(), view.failed]);
  } finally {
    await gates?.stop();
    views.abort(new Error('the soak has ended'));
  }
}

/**
 * Someone else's edit (S29 to S32): nothing is deleted in a soak, but with RollingUpdate the controller itself would replace every
 * pod, and a pod that starts gets whatever template is live. An API server that does not answer is the view's affair.
 */
async function editDuring(
  deps: BatchDeps,
  { context, policy, batchIndex }: BatchInput,
  record: DaemonSetRecord,
): Promise<string | null> {
  // With promoteAfter: canary, and without a last good, it is the target that stays live; a policy that is not told may be either.
  const closed = policy?.promoteAfter === 'last' || (policy !== undefined && batchIndex === 0);
  try {
    return await findEdit(deps.client, context.ref, record, closed ? record.good[0]?.templateDigest : undefined);
  } catch {
    return null;
  }
}
