import type { LocatedDiagnosis } from '../diagnosis/explanation.ts';
import { applicationWorkflowId } from '../ids.ts';
import { clockTime, escapeMarkdown, shortCommit, shorten, utf8Length, workflowLink } from '../markdown.ts';
import type { Finding, LogEntry } from '../wire.ts';
import { exampleOf, planPrefixLength } from './accept.ts';
import { gatesSection } from './details-gates.ts';
import { offered } from './hold.ts';
import { hasWindows, type RolloutInput } from './input.ts';
import { leftAlone } from './left-alone.ts';
import { sentenceOf } from './sentence.ts';
import type { KeptPlan, RolloutState } from './state.ts';

/** The page travels in an address, so it stays under this many bytes. */
export const rolloutDetailsLimitBytes = 6_000;

/** How much of each list is on the page. Texts of others can be long in bytes; then less of everything is shown. */
interface Room {
  batches: number;
  findings: number;
  log: number;
  zones: number;
  notes: number;
  /** Characters of a sentence or a finding's evidence. */
  text: number;
}

const rooms: Room[] = [
  { batches: 15, findings: 4, log: 6, zones: 12, notes: 4, text: 300 },
  { batches: 7, findings: 2, log: 3, zones: 6, notes: 2, text: 200 },
  { batches: 3, findings: 1, log: 1, zones: 0, notes: 0, text: 100 },
  { batches: 1, findings: 0, log: 0, zones: 0, notes: 0, text: 100 },
];

/** The rollout's page in the Temporal UI, as Markdown. Text from git, people and the cluster is escaped. */
export function rolloutDetails(input: RolloutInput, state: RolloutState): string {
  for (const room of rooms) {
    const page = pageOf(input, state, room);
    if (utf8Length(page) < rolloutDetailsLimitBytes) return page;
  }
  return head(input, state, 100);
}

function pageOf(input: RolloutInput, state: RolloutState, room: Room): string {
  const sections = [
    head(input, state, 2 * room.text),
    about(input),
    state.plan === null ? '' : planTable(state.plan, state, room),
    progress(state, room),
    gatesSection(input, state, { gates: 2 * room.findings, text: room.text }),
    findings(state.findings, room),
    diagnoses(state.diagnoses ?? [], room),
    canSend(state, hasWindows(input)),
    log(state.log, room),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function head(input: RolloutInput, state: RolloutState, most: number): string {
  return `**${safe(sentenceOf(input, state), most)}**`;
}

function about(input: RolloutInput): string {
  const app = `[${safe(input.application, 80)}](${workflowLink(applicationWorkflowId(input.application))})`;
  const name = safe(`${input.ref.namespace}/${input.ref.name}`, 160);
  return `DaemonSet ${name} on cluster ${safe(input.ref.cluster, 80)}, application ${app}, commit \`${shortCommit(input.commit)}\` ${safe(input.subject, 80)}`;
}

function planTable(plan: KeptPlan, state: RolloutState, room: Room): string {
  // The running batch is always among those shown.
  const last = Math.max(0, plan.batches.length - room.batches);
  const first = Math.min(last, Math.max(0, state.batch - Math.floor(room.batches / 2)));
  const rows = plan.batches.slice(first, first + room.batches).map((batch, offset) => {
    const index = first + offset;
    const mark = index < state.batch ? 'done' : index === state.batch ? state.phase : '';
    const soak = batch.soakMs === 0 ? '' : `${Math.round(batch.soakMs / 1000)} s`;
    const where = room.zones === 0 ? '' : safe(places(batch.zones, batch.pools), 60);
    return `| ${index + 1} | ${safe(batch.name, 40)} | ${safe(batch.nodes, 60)} | ${batch.goal} | ${where} | ${soak} | ${batch.approval ?? ''} | ${mark} |`;
  });
  const left = plan.batches.length - rows.length;
  return [
    `Plan \`${plan.digest.slice(0, planPrefixLength)}\`: ${plan.census.eligible} eligible nodes, at most ${plan.budget} out at once${census(plan, room)}`,
    '',
    '| # | batch | nodes | goal | adds | soak | approval | |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    ...(left === 0 ? [] : ['', `${left} of ${plan.batches.length} batches are not shown.`]),
    ...list(plan.notes.slice(0, room.notes).map((note) => `- ${safe(note, 200)}`)),
  ].join('\n');
}

function census(plan: KeptPlan, room: Room): string {
  const where = room.zones === 0 ? '' : places(plan.census.zones, plan.census.pools);
  return where === '' ? '' : `; ${safe(where, 160)}`;
}

/** Counts of nodes by zone, then by pool. */
function places(zones: Record<string, number> | undefined, pools: Record<string, number> | undefined): string {
  const said = (counts: Record<string, number> = {}): string =>
    Object.entries(counts)
      .map(([value, count]) => `${value} ${count}`)
      .join(', ');
  const byPool = said(pools);
  return [said(zones), byPool === '' ? '' : `pools ${byPool}`].filter((part) => part !== '').join('; ');
}

function progress(state: RolloutState, room: Room): string {
  if (state.progress === null) return '';
  const { eligible, done, inFlight, out, deferred, exposed, kept = 0, failing = 0 } = state.progress;
  const zones = state.zones.slice(0, room.zones).map((zone) => `${safe(zone.value, 40)} ${zone.done}/${zone.eligible}`);
  const where = zones.length === 0 ? '' : ` Zones: ${zones.join(', ')}`;
  const more = `${kept === 0 ? '' : `, ${kept} kept as they are`}${failing === 0 ? '' : `, ${failing} failing within the failure budget`}`;
  const names = leftAlone(state, room.findings).map((name) => safe(name, 160));
  const alone =
    names.length === 0
      ? ''
      : `\n\nLeft alone: ${names.join(', ')}${names.length < (state.aside ?? []).length ? ', …' : ''}`;
  return `At the last report: ${done} of ${eligible} nodes on the target, ${inFlight} in flight, ${out} out, ${deferred} deferred, ${exposed} exposed${more}.${where}${alone}`;
}

function findings(all: Finding[], room: Room): string {
  if (all.length === 0) return '';
  const lines = all
    .slice(0, room.findings)
    .map(
      ({ cause, node, evidence, nextStep }) =>
        `- **${safe(cause, 60)}**${node === '' ? '' : ` on ${safe(node, 80)}`}: ${safe(evidence, room.text)}. Next: ${safe(nextStep, 160)}`,
    );
  const more = all.length > room.findings ? [`- and ${all.length - room.findings} more nodes`] : [];
  return ['Findings', '', ...lines, ...more].join('\n');
}

/** Why, each with the first text that it rests on; all of it is in the status. */
function diagnoses(all: LocatedDiagnosis[], room: Room): string {
  const lines = all
    .slice(0, room.findings)
    .map(
      ({ cause, confidence, blame, what, evidence, nextStep }) =>
        `- **${safe(cause, 60)}** (confidence ${confidence}, blame ${blame}): ${safe(what, room.text)} ` +
        `${evidence[0] === undefined ? '' : `Seen: ${safe(evidence[0], room.text)}. `}Next: ${safe(nextStep, 200)}`,
    );
  return lines.length === 0 ? '' : ['Diagnosis', '', ...lines].join('\n');
}

function canSend(state: RolloutState, windows: boolean): string {
  const messages = offered(state, windows);
  if (messages.length === 0) return '';
  const lines = messages.map((message) => `- \`${message}\` \`${exampleOf(message, state.plan?.digest ?? null)}\``);
  return ['What can be sent now (Update)', '', ...lines].join('\n');
}

function log(entries: LogEntry[], room: Room): string {
  if (entries.length === 0 || room.log === 0) return '';
  const lines = entries
    .slice(-room.log)
    .map((entry) => `- ${clockTime(entry.atMs)} ${safe(entry.by, 60)}: ${safe(entry.what, 120)}`);
  return ['Who did what', '', ...lines].join('\n');
}

function list(lines: string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

function safe(text: string, most: number): string {
  return escapeMarkdown(shorten(text, most));
}
