import { ActivityFailure, patched } from '@temporalio/workflow';
import type { DiagnosisQuestion } from '../../activities/diagnosis/contract.ts';
import { keepBest } from '../../domain/diagnosis/explanation.ts';
import { quotesRefusal } from '../../domain/refused.ts';
import type { Finding } from '../../domain/wire.ts';
import { diagnosisActivities, readingMs } from '../diagnosis.ts';
import { patches } from '../patches.ts';
import type { RolloutRun } from './run.ts';

/**
 * Asks why the gate is red while the failing pods are still there: going back removes them and what they have to say. Whatever comes
 * of it, the rollout goes on as it would without.
 */
export async function diagnoseFailure(run: RolloutRun, findings: Finding[]): Promise<void> {
  if (!patched(patches.diagnosis)) return;
  await diagnose(run, { findings });
}

/** The same for a write that the API server did not carry out: nothing came of it that a gate could look at. */
export async function diagnoseRefusal(run: RolloutRun, sentence: string): Promise<void> {
  if (!quotesRefusal(sentence) || !patched(patches.refusalDiagnosed)) return;
  await diagnose(run, { refusals: [sentence] });
}

async function diagnose(run: RolloutRun, seen: Pick<DiagnosisQuestion, 'findings' | 'refusals'>): Promise<void> {
  const { ref, application, rollout } = run.input;
  const { toHash } = run.state;
  forgetDiagnoses(run);
  try {
    const { diagnoses } = await diagnosisActivities(ref.cluster, 'rollout').diagnose.executeWithOptions(
      { summary: 'why did it fail?' },
      [
        {
          ref,
          application,
          ...seen,
          sinceMs: rollout,
          withinMs: readingMs.rollout,
          ...(toHash === null ? {} : { toHash }),
        },
      ],
    );
    if (diagnoses.length > 0) run.set({ diagnoses: keepBest(diagnoses) });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
  }
}

/** What was wrong with a batch that has passed after all is no news any more. */
export function forgetDiagnoses(run: RolloutRun): void {
  const { diagnoses: _old, ...state } = run.state;
  run.state = state;
}
