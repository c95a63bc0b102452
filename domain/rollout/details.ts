import { applicationWorkflowId } from '../ids.ts';
import { clockTime, escapeMarkdown, shortCommit, shorten, workflowLink } from '../markdown.ts';
import type { Finding, LogEntry } from '../wire.ts';
import { exampleOf, planPrefixLength } from './accept.ts';
import type { RolloutInput } from './input.ts';
import { acceptedIn } from './message-table.ts';
import { sentenceOf } from './sentence.ts';
import type { RolloutState } from './state.ts';

/** Most findings and log entries on the page: it travels in a URL and has to stay small. */
const shown = { findings: 4, log: 6, zones: 12 };

/** The rollout's page in the Temporal UI, as Markdown. Text from git, people and the cluster is escaped. */
export function rolloutDetails(input: RolloutInput, state: RolloutState): string {
  const app = `[${escapeMarkdown(input.application)}](${workflowLink(applicationWorkflowId(input.application))})`;
  const sections = [
    `**${escapeMarkdown(sentenceOf(input, state))}**`,
    `DaemonSet ${escapeMarkdown(`${input.ref.namespace}/${input.ref.name}`)} on cluster ${escapeMarkdown(input.ref.cluster)}, application ${app}, ` +
      `commit \`${shortCommit(input.commit)}\` ${escapeMarkdown(shorten(input.subject, 80))}`,
    planTable(state),
    progress(state),
    findings(state.findings),
    canSend(state),
    log(state.log),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function planTable(state: RolloutState): string {
  if (state.plan === null) return '';
  const rows = state.plan.batches.map((batch, index) => {
    const mark = index < state.batch ? 'done' : index === state.batch ? state.phase : '';
    const soak = batch.soakMs === 0 ? '' : `${Math.round(batch.soakMs / 1000)} s`;
    return `| ${index + 1} | ${escapeMarkdown(batch.name)} | ${escapeMarkdown(batch.nodes)} | ${batch.goal} | ${soak} | ${batch.approval ?? ''} | ${mark} |`;
  });
  const { digest, budget, census, notes } = state.plan;
  return [
    `Plan \`${digest.slice(0, planPrefixLength)}\`: ${census.eligible} eligible nodes, at most ${budget} out at once`,
    '',
    '| # | batch | nodes | goal | soak | approval | |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${escapeMarkdown(note)}`)]),
  ].join('\n');
}

function progress(state: RolloutState): string {
  if (state.progress === null) return '';
  const { eligible, done, inFlight, out, deferred, exposed } = state.progress;
  const zones = state.zones
    .slice(0, shown.zones)
    .map((zone) => `${escapeMarkdown(zone.value)} ${zone.done}/${zone.eligible}`);
  return `At the last report: ${done} of ${eligible} nodes on the target, ${inFlight} in flight, ${out} out, ${deferred} deferred, ${exposed} exposed. Zones: ${zones.join(', ')}`;
}

function findings(all: Finding[]): string {
  if (all.length === 0) return '';
  const lines = all
    .slice(0, shown.findings)
    .map(
      (finding) =>
        `- **${escapeMarkdown(finding.cause)}** on ${escapeMarkdown(finding.node)}: ${escapeMarkdown(shorten(finding.evidence, 200))}. Next: ${escapeMarkdown(finding.nextStep)}`,
    );
  const more = all.length > shown.findings ? [`- and ${all.length - shown.findings} more nodes`] : [];
  return ['Gates', '', ...lines, ...more].join('\n');
}

function canSend(state: RolloutState): string {
  const messages = acceptedIn(state.phase);
  if (messages.length === 0) return '';
  const lines = messages.map((message) => `- \`${message}\` \`${exampleOf(message, state.plan?.digest ?? null)}\``);
  return ['What can be sent now (Update)', '', ...lines].join('\n');
}

function log(entries: LogEntry[]): string {
  if (entries.length === 0) return '';
  const lines = entries
    .slice(-shown.log)
    .map(
      (entry) =>
        `- ${clockTime(entry.atMs)} ${escapeMarkdown(shorten(entry.by, 60))}: ${escapeMarkdown(shorten(entry.what, 120))}`,
    );
  return ['Who did what', '', ...lines].join('\n');
}
