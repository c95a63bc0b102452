import { daemonSetLabel } from '../ids.ts';
import { clockTime, escapeMarkdown, shortCommit, shorten, utf8Length, workflowLink } from '../markdown.ts';
import type { SyncOutcome } from '../wire.ts';
import { type ApplicationUpdate, applicationUpdates, exampleOf } from './messages.ts';
import { phaseOf, sentenceOf } from './phase.ts';
import { refuse } from './refusals.ts';
import { describeRef } from './spec.ts';
import type { ApplicationState } from './state.ts';

/** The page travels in an address, so it stays under this many bytes. */
export const detailsLimitBytes = 4_000;

/** The application's page in the Temporal UI, as Markdown: state, source, rollouts, recent outcomes, what can be sent. */
export function detailsOf(state: ApplicationState): string {
  // Text of others can be long in bytes; what matters least is left out first.
  for (const rows of [5, 2, 0]) {
    const page = [head(state), facts(state), rollouts(state), recent(state, rows), messages(state, rows > 0)]
      .filter((part) => part !== '')
      .join('\n\n');
    if (utf8Length(page) < detailsLimitBytes) return page;
  }
  return head(state);
}

function head(state: ApplicationState): string {
  return `## ${escapeMarkdown(state.name)}: ${phaseOf(state)}\n\n${escapeMarkdown(shorten(sentenceOf(state), 600))}`;
}

function facts(state: ApplicationState): string {
  const { spec, observed, lastDelivery } = state;
  if (!spec) return '';
  const rows: [string, string][] = [
    ['source', `${spec.source.repo}, ${describeRef(spec.source.ref)}, path ${spec.source.path}`],
    ['destination', `cluster ${spec.destination.cluster}, namespace ${spec.destination.namespace}`],
    ['newest commit', observed ? `${commitText(observed)}, seen ${clockTime(observed.atMs)}` : 'none seen yet'],
    ['synced commit', state.syncedCommit ? shortCommit(state.syncedCommit) : 'none yet'],
    ['last delivery', lastDelivery ? `${lastDelivery.source}, ${clockTime(lastDelivery.atMs)}` : 'none yet'],
  ];
  for (const warning of state.warnings.slice(0, 3)) rows.push(['warning', warning]);
  return table(['', ''], rows);
}

function commitText({ commit, subject }: { commit: string; subject: string }): string {
  return `${shortCommit(commit)} ${shorten(subject, 80)}`;
}

function rollouts(state: ApplicationState): string {
  if (state.active.length === 0) return '';
  const lines = state.active
    .slice(0, 8)
    .map(
      (one) =>
        `- [${escapeMarkdown(daemonSetLabel(one))}](${workflowLink(one.workflowId)}): ${one.mode} ${escapeMarkdown(commitText(one))}`,
    );
  return ['**Rollouts**', '', ...lines].join('\n');
}

function recent(state: ApplicationState, rows: number): string {
  if (rows === 0 || state.recent.length === 0) return '';
  const shown = state.recent.slice(0, rows);
  const lines = table(
    ['when', 'commit', 'outcome', 'cause'],
    shown.map((one) => [clockTime(one.atMs), commitText(one), one.outcome, shorten(one.cause ?? '', 120)]),
  );
  return ['**Recent**', lines, why(shown)].filter((part) => part !== '').join('\n\n');
}

/** Why the newest one of them ended as it did, where that is known. */
function why(outcomes: readonly SyncOutcome[]): string {
  const one = outcomes.find(({ diagnosis }) => diagnosis !== undefined);
  if (one?.diagnosis === undefined) return '';
  const { cause, confidence, what, nextStep } = one.diagnosis;
  const next = nextStep === '' ? '' : ` Next: ${escapeMarkdown(nextStep)}`;
  return `Why ${shortCommit(one.commit)}: **${escapeMarkdown(cause)}** (confidence ${confidence}). ${escapeMarkdown(what)}${next}`;
}

function messages(state: ApplicationState, withExamples: boolean): string {
  const names = acceptedNow(state);
  if (names.length === 0) return '';
  if (!withExamples) return `**Can be sent now (Update):** ${names.join(', ')}`;
  // The whole spec would fill the page; the command line sends it.
  const lines = names.map((name) =>
    name === 'configure'
      ? '- configure: by "nodewave apply -f FILE"'
      : `- ${name} \`${JSON.stringify(exampleOf(name))}\``,
  );
  return ['**Can be sent now (Update)**', '', ...lines].join('\n');
}

/** The updates that would be accepted now, found by asking the validators themselves. */
export function acceptedNow(state: ApplicationState): ApplicationUpdate[] {
  const obstacle = state.obstacles[0] ?? state.applied?.daemonSets[0];
  const daemonset = obstacle && { daemonset: daemonSetLabel(obstacle) };
  return applicationUpdates.filter((update) => {
    if (update === 'configure') return !state.removal && !state.removed;
    // Taken at other times as well, but then there is nothing to suggest it for.
    if (update === 'resume' && !state.paused) return false;
    return refuse(update, state, { ...exampleOf(update, state), ...daemonset }) === null;
  });
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => escapeMarkdown(cell)).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
