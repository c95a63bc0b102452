import type { RolloutView } from '../../client/index.ts';
import type { ApplicationStatus } from '../../domain/wire.ts';
import { commandsFor } from './can-send.ts';
import { progressOf, progressSentence, sentenceOf } from './rollout.ts';
import { plain } from './text.ts';

/** One line about a rollout, for `--watch` and `sync --wait`: the same line means that nothing has changed. */
export function rolloutLine(view: RolloutView): string {
  const progress = progressOf(view);
  const counts = progress === null || view.outcome !== null ? '' : ` [${progressSentence(view, progress)}]`;
  return `${view.namespace}/${view.daemonset}  ${view.phase}: ${sentenceOf(view)}${counts}`;
}

/** Lines below it while it waits for a person: what is wrong, and what to send. */
export function waitingLines(view: RolloutView): string[] {
  if (!['awaitingApprovalBefore', 'awaitingApprovalAfter', 'stopped', 'paused'].includes(view.phase)) return [];
  const causes = view.findings
    .slice(0, 3)
    .map((finding) => `  ${plain(finding.cause)} on ${plain(finding.node)}: ${plain(finding.evidence)}`);
  return [...causes, ...commandsFor(view).map(({ command, meaning }) => `  ${command}  # ${meaning}`)];
}

/** One line about an application. */
export function applicationLine(status: ApplicationStatus): string {
  return `${status.name}  ${status.phase}: ${plain(status.sentence)}`;
}
