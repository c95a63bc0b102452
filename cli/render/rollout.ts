import type { RolloutView } from '../../client/index.ts';
import { formatDuration } from '../../domain/duration.ts';
import { clockTime, shortCommit } from '../../domain/markdown.ts';
import { planPrefixLength } from '../../domain/rollout/accept.ts';
import type { Finding, LogEntry, Progress } from '../../domain/wire.ts';
import { canSend } from './can-send.ts';
import { diagnosisSection } from './diagnosis.ts';
import { columns, table } from './table.ts';
import { count, indented, plain, sections } from './text.ts';
import { age, timeOfDay } from './time.ts';

/** Most names and lines of a kind on the page; `-o json` has all. */
const shown = { nodes: 12, log: 8, findings: 8 };

/** The page of `nodewave status`. */
export function rolloutPage(view: RolloutView, nowMs: number): string[] {
  return sections(
    head(view),
    batches(view),
    progressLines(view, nowMs),
    findings(view.findings),
    diagnosisSection(view.diagnoses ?? [], 'Diagnosis'),
    touched(view),
    log(view.log),
    canSend(view),
  );
}

/** The sentence to show, which for a workflow that was ended from outside is not its own. */
export function sentenceOf(view: RolloutView): string {
  if (view.running || view.outcome !== null) return plain(view.sentence);
  return (
    `The rollout was ended from outside (${view.execution}) in phase ${view.phase}; nobody looks after its nodes. ` +
    `Run "nodewave sync ${view.application}" to start it again.`
  );
}

function head(view: RolloutView): string[] {
  const hashes = view.toHash === null ? '' : `, template ${view.fromHash ?? 'none'} -> ${view.toHash}`;
  return [
    `${view.namespace}/${view.daemonset} on cluster ${view.cluster}: ${view.phase}`,
    sentenceOf(view),
    '',
    ...columns([
      ['application', view.application],
      ['commit', `${shortCommit(view.commit)}${hashes}`],
      ...(view.planDigest === null ? [] : [['plan', view.planDigest.slice(0, planPrefixLength)]]),
      ...(view.budget === 0 ? [] : [['budget', `at most ${count(view.budget, 'node')} out at once`]]),
      ...census(view),
    ]),
  ];
}

/** Eligible nodes by zone and pool, as they were planned with. */
function census(view: RolloutView): string[][] {
  if (view.census === undefined) return [];
  const { eligible, zones, pools } = view.census;
  const said = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([value, nodes]) => `${plain(value)} ${nodes}`)
      .join(', ');
  return [
    ['nodes', `${eligible} eligible`],
    ...(Object.keys(zones).length === 0 ? [] : [['zones', said(zones)]]),
    ...(Object.keys(pools).length === 0 ? [] : [['pools', said(pools)]]),
  ];
}

/** The batches with a mark each: done, the one that runs, the one that went wrong, still to come. */
export function batches(view: RolloutView): string[] {
  if (view.batches.length === 0) return [];
  const passed = view.phase === 'succeeded' || view.phase === 'installed';
  // Failed, aborted, rolled back: the batch in which that happened.
  const here = view.running && view.phase !== 'stopped' ? '[>]' : '[!]';
  const rows = view.batches.map((batch, index) => [
    passed || index < view.batch ? '[x]' : index === view.batch ? here : '[ ]',
    `${index + 1}`,
    batch.name,
    batch.nodes,
    `${batch.goal}`,
    batch.soakMs === 0 ? '-' : formatDuration(batch.soakMs),
    batch.approval ?? '-',
  ]);
  return table(['', '#', 'BATCH', 'NODES', 'GOAL', 'SOAK', 'APPROVAL'], rows);
}

/** Progress in all and per zone, from the running batch's newest report where there is one. */
export function progressLines(view: RolloutView, nowMs: number): string[] {
  const progress = progressOf(view);
  if (progress === null) return [];
  const zones = view.live?.zones ?? view.zones;
  const when = view.live === null ? '' : ` (reported ${age(view.live.atMs, nowMs)} ago)`;
  const outage = view.live?.outage ?? null;
  const blocked = view.live?.blocked ?? null;
  const deferred = view.live?.deferred ?? [];
  return [
    `Progress${when}: ${progressSentence(view, progress)}`,
    ...indented(
      columns(zones.map((zone) => [zone.value, bar(zone.done, zone.eligible), `${zone.done}/${zone.eligible}`])),
    ),
    ...soakLines(view, nowMs),
    ...gateLines(view),
    ...(outage === null ? [] : [`Nothing is deleted now: ${plain(outage)}`]),
    ...(blocked === null ? [] : [`Nothing is deleted now: ${plain(blocked)}`]),
    ...leftAlone(view, deferred),
  ];
}

/** When the soak ends and, where it started anew, when that was and why (S23). */
function soakLines({ phase, live }: RolloutView, nowMs: number): string[] {
  // Gates go on being measured while a person is waited for: that is no soak.
  if (phase !== 'soaking' || live?.soak === undefined) return [];
  const { untilMs, anew } = live.soak;
  const times = anew === undefined || anew.times === 1 ? '' : ` (${anew.times} times so far)`;
  const why = anew === undefined ? '' : `; started anew ${timeOfDay(anew.atMs)}${times}: ${plain(anew.why)}`;
  return [`Soaks until ${timeOfDay(untilMs)}, for ${age(nowMs, untilMs)} more${why}`];
}

/** How each gate stands: of the soak that runs, else of the newest one. */
function gateLines(view: RolloutView): string[] {
  const gates = view.live?.gates ?? view.gates ?? [];
  const rows = gates.map(({ name, kind, state, sentence }) => [name, kind, state, plain(sentence)]);
  return rows.length === 0 ? [] : ['Gates', ...indented(columns(rows))];
}

/** Nodes that it leaves alone and why, or just their names from a worker that does not say why. */
function leftAlone(view: RolloutView, deferred: readonly string[]): string[] {
  const aside = view.live?.aside ?? view.aside ?? [];
  const of = (kind: string): string[] =>
    aside.filter((one) => one.kind === kind).map(({ node, why }) => `${node} (${why})`);
  const failing = (view.tolerated ?? []).map(({ node, cause }) => `${node} (${cause})`);
  const [away, kept] = [aside.length === 0 ? deferred : of('deferred'), of('kept')];
  return [
    ...nodesWith('Set aside', away),
    ...nodesWith('Kept as they are', kept),
    ...nodesWith('Failing within the failure budget', failing),
    ...nodesWith('On the new template without having been taken', view.exposed ?? []),
  ];
}

function nodesWith(what: string, nodes: readonly string[]): string[] {
  return nodes.length === 0 ? [] : [`${what}: ${names(nodes, nodes.length)}`];
}

/** The newest counts that mean what they seem to: while it rolls back, those of the way forward say nothing. */
export function progressOf(view: RolloutView): Progress | null {
  return view.live?.progress ?? (view.phase === 'rollingBack' ? null : view.progress);
}

/** Counts of nodes in one line. Back is a direction too: then `done` are the nodes on last good. */
export function progressSentence(view: RolloutView, progress: Progress): string {
  const { eligible, done, inFlight, out, deferred, exposed } = progress;
  const back = view.phase === 'rollingBack' || view.phase === 'rolledBack' || view.phase === 'rollbackFailed';
  const goal = back ? 'last good' : 'the target';
  const parts = [`${done}/${eligible} nodes on ${goal}`, `${inFlight} in flight`, `${out} out`];
  if (deferred > 0) parts.push(`${deferred} deferred`);
  if (exposed > 0) parts.push(`${exposed} exposed`);
  if ((progress.kept ?? 0) > 0) parts.push(`${progress.kept} kept`);
  if ((progress.failing ?? 0) > 0) parts.push(`${progress.failing} failing`);
  return parts.join(', ');
}

/** Twenty characters, filled by the share. */
function bar(done: number, of: number): string {
  const length = 20;
  const filled = of === 0 ? 0 : Math.floor((Math.min(done, of) / of) * length);
  return '#'.repeat(filled) + '.'.repeat(length - filled);
}

function findings(all: readonly Finding[]): string[] {
  if (all.length === 0) return [];
  const lines = all
    .slice(0, shown.findings)
    .flatMap((finding) => [
      `  ${plain(finding.cause)}${finding.node === '' ? '' : ` on node ${plain(finding.node)}, pod ${plain(finding.pod)}`}`,
      `    ${plain(finding.evidence)}`,
      `    Next: ${plain(finding.nextStep)}`,
    ]);
  const more = all.length - shown.findings;
  return ['Findings', ...lines, ...(more > 0 ? [`  and ${more} more; see -o json`] : [])];
}

function touched(view: RolloutView): string[] {
  if (view.nodesTouched.length === 0) return [];
  return [`Touched nodes: ${names(view.nodesTouched, view.nodesTouched.length)}`];
}

function names(all: readonly string[], total: number): string {
  const first = all.slice(0, shown.nodes).map(plain).join(', ');
  return total > shown.nodes ? `${first} and ${total - shown.nodes} more` : first;
}

/** Who did what, oldest of the shown ones first. */
export function log(entries: readonly LogEntry[]): string[] {
  if (entries.length === 0) return [];
  const rows = entries.slice(-shown.log).map((entry) => [clockTime(entry.atMs), entry.by, entry.what]);
  return ['Log', ...indented(columns(rows))];
}
