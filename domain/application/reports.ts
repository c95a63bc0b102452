import { type CheckReport, checkProblem, isFullCommit, mostOfReport, reportUrlProblem } from '../check-report.ts';
import { digest } from '../digest.ts';
import { oneLine } from '../gates/text.ts';
import { shortCommit } from '../markdown.ts';
import { isPlainObject } from '../plain.ts';
import { type ApplicationState, addLog, kept } from './state.ts';

/** Bounds of what is kept: the newest of all, and of one commit, so that no commit can push out the others. */
const most = { reports: 200, checksOfCommit: 50 } as const;

/** A report as it arrives. */
interface Arrived {
  report: CheckReport;
  /** Tells a repeated delivery; a person's report has none. */
  deliveryId: string | null;
}

/**
 * Takes a `report` signal: the newest on a commit and check replaces the one before. Signals cannot be refused, so what is no
 * report changes nothing, and neither does a repeated delivery, or one that its sender has said before what is known of it: a
 * request that was held up, or is sent again by somebody who has listened, must not bring back an old word.
 */
export function noteReport(state: ApplicationState, signal: unknown, nowMs: number): void {
  const arrived = readReport(signal, nowMs);
  if (arrived === null) return;
  const { report, deliveryId } = arrived;
  const { commit, check, outcome, by } = report;
  if (deliveryId !== null) {
    // With what it says: ids of other senders, or one id for several checks, must not swallow a report.
    const key = `report:${digest([by, deliveryId, commit, check, outcome])}`;
    if (state.deliveries.includes(key)) return;
    state.deliveries = [...state.deliveries, key].slice(-kept.deliveries);
  }
  const same = (one: CheckReport): boolean => one.commit === commit && one.check === check;
  const { reports = [] } = state;
  const before = reports.find(same);
  if (before !== undefined && before.by === by && before.atMs > report.atMs) return;
  const wanted = new Set(state.active.map((active) => active.commit));
  if (state.observed) wanted.add(state.observed.commit);
  state.reports = bounded([...reports.filter((one) => !same(one)), report], commit, wanted);
  if (deliveryId !== null) return;
  const why = report.reason === undefined ? '' : `: ${report.reason}`;
  addLog(state, { atMs: nowMs, by, what: `reported ${check} as ${outcome} on ${shortCommit(commit)}${why}` });
}

/** What the query `reports` answers: the reports on one commit, oldest first. What is no question has no answer. */
export function reportsOn(state: ApplicationState, question: unknown): CheckReport[] {
  const asked = isPlainObject(question) ? question.commit : undefined;
  if (typeof asked !== 'string') return [];
  return (state.reports ?? []).filter(({ commit }) => commit === asked.toLowerCase());
}

function readReport(signal: unknown, nowMs: number): Arrived | null {
  if (!isPlainObject(signal)) return null;
  const { commit, outcome, url, reason, atMs } = signal;
  const check = typeof signal.check === 'string' ? oneLine(signal.check, mostOfReport.check) : '';
  if (typeof commit !== 'string' || !isFullCommit(commit) || checkProblem(check) !== undefined) return null;
  if (outcome !== 'passed' && outcome !== 'failed') return null;
  const why = textOf(reason, mostOfReport.reason);
  const by = textOf(signal.by, mostOfReport.by);
  const report: CheckReport = {
    commit: commit.toLowerCase(),
    check,
    outcome,
    ...(typeof url === 'string' && reportUrlProblem(url) === undefined ? { url } : {}),
    ...(why === '' ? {} : { reason: why }),
    by: by === '' ? 'unknown' : by,
    // A sender whose clock is ahead must not have the last word for ever.
    atMs: typeof atMs === 'number' && Number.isFinite(atMs) ? Math.min(atMs, nowMs) : nowMs,
  };
  const deliveryId = textOf(signal.deliveryId, kept.name);
  return { report, deliveryId: deliveryId === '' ? null : deliveryId };
}

function textOf(value: unknown, longest: number): string {
  return typeof value === 'string' ? oneLine(value, longest) : '';
}

/** Drops the oldest beyond the bounds; those on a commit that is being rolled out, or will be next, last. */
function bounded(reports: readonly CheckReport[], commit: string, wanted: ReadonlySet<string>): CheckReport[] {
  const left = [...reports];
  const drop = (which: (one: CheckReport) => boolean): void => {
    left.splice(Math.max(0, left.findIndex(which)), 1);
  };
  const ofCommit = left.filter((one) => one.commit === commit).length;
  for (let extra = ofCommit - most.checksOfCommit; extra > 0; extra -= 1) drop((one) => one.commit === commit);
  while (left.length > most.reports) drop((one) => !wanted.has(one.commit));
  return left;
}
