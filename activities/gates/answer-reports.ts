import type { GateAnswer, GateRequest } from '../../domain/gates/types.ts';
import type { ReadReports } from '../temporal/reports.ts';
import type { GateScope } from './ask.ts';
import { problem } from './problem.ts';

type ReportsRequest = Extract<GateRequest, { form: 'reports' }>;

/** Answers what was reported to the rollout's application. Throws only the reason of the scope's signal. */
export async function answerReports(
  { commit, checks }: ReportsRequest,
  { application, signal }: Pick<GateScope, 'application' | 'signal'>,
  read: ReadReports,
): Promise<GateAnswer> {
  const found = await read(application, commit, signal);
  if ('problem' in found) return problem(found.problem, true);
  return { form: 'reports', reports: found.filter(({ check }) => checks.includes(check)) };
}
