import { shorten } from '../markdown.ts';
import type { GateReport, GateSpec, GateState, GateTally } from './types.ts';
import { type GateStanding, gateState } from './verdict.ts';

/** A gate of the batch that is judged, and what was measured so far. */
export interface MeasuredGate {
  spec: GateSpec;
  tally: GateTally;
}

/** What all gates of a batch together say. */
export interface GatesVerdict {
  state: GateState;
  /** What a failed or inconclusive gate asks for; null while none is either. */
  action: 'rollback' | 'pause' | null;
  /** True when the only reason for `inconclusive` is that gates could not be asked: it is left again by itself. */
  unreachable: boolean;
  /** The gates that decided, in the order of the policy: those that are in `state`. */
  gates: string[];
  /** Nodes that the failed gates blame. */
  nodes: string[];
  /** For people. */
  sentence: string;
  /** The other gates too; bounded, see `gateReports`. */
  reports: GateReport[];
}

/** Most gates and nodes in a report, and the longest sentence: reports enter heartbeats and workflow history. */
const most = { reports: 20, nodes: 10, sentence: 300 } as const;

/** The worse one decides. */
const severity: readonly GateState[] = ['passed', 'waiting', 'inconclusive', 'failed'];

/**
 * The gates of a batch together: the worst one decides. Failed gates roll back when one of them says so, by its own `onFailure` or the
 * policy's. Inconclusive ones roll back only when a gate that could be asked says so with `onInconclusive`: one that could
 * not be asked always pauses, because infrastructure is not the release. Without any gate the batch has passed.
 */
export function decideGates(
  gates: readonly MeasuredGate[],
  onFailure: 'rollback' | 'pause',
  nowMs: number,
): GatesVerdict {
  const standing = gates.map(({ spec, tally }) => ({ spec, tally, ...gateState(spec, tally, nowMs) }));
  const state = standing.reduce<GateState>((worst, one) => worse(worst, one.state), 'passed');
  const deciding = standing.filter((one) => one.state === state);
  const rollsBack = deciding.some(({ spec, unreachable }) =>
    state === 'failed'
      ? (spec.onFailure ?? onFailure) === 'rollback'
      : unreachable !== true && spec.onInconclusive === 'rollback',
  );
  const decides = state === 'failed' || state === 'inconclusive';
  return {
    state,
    action: decides ? (rollsBack ? 'rollback' : 'pause') : null,
    unreachable: state === 'inconclusive' && deciding.every(({ unreachable }) => unreachable === true),
    gates: deciding.map(({ spec }) => spec.name),
    nodes: state === 'failed' ? [...new Set(deciding.flatMap(({ tally }) => tally.nodes))] : [],
    sentence: sentenceOf(state, deciding),
    reports: reportsOf(standing),
  };
}

/** How each gate stands, for status, page and result: at most 20 gates, the worst ones if there are more, in their order. */
export function gateReports(gates: readonly MeasuredGate[], nowMs: number): GateReport[] {
  return reportsOf(gates.map(({ spec, tally }) => ({ spec, tally, ...gateState(spec, tally, nowMs) })));
}

type Standing = MeasuredGate & GateStanding;

function worse(a: GateState, b: GateState): GateState {
  return severity.indexOf(b) > severity.indexOf(a) ? b : a;
}

function reportsOf(standing: readonly Standing[]): GateReport[] {
  const worstFirst = [...standing].sort((a, b) => severity.indexOf(b.state) - severity.indexOf(a.state));
  const kept = new Set(worstFirst.slice(0, most.reports));
  return standing
    .filter((one) => kept.has(one))
    .map(({ spec, tally, state, sentence, unreachable }) => ({
      name: spec.name,
      kind: spec.kind,
      state,
      sentence: oneLine(sentence),
      ...(unreachable === true ? { unreachable } : {}),
      ...(state === 'failed' && tally.nodes.length > 0 ? { nodes: tally.nodes.slice(0, most.nodes) } : {}),
    }));
}

function sentenceOf(state: GateState, deciding: readonly Standing[]): string {
  const [first, ...others] = deciding;
  if (first === undefined) return 'There are no gates';
  const also = others.length === 0 ? '' : `; so ${others.length === 1 ? 'is' : 'are'} ${named(others)}`;
  switch (state) {
    case 'failed':
      return oneLine(`Gate ${first.spec.name} has failed: ${first.sentence}`, also);
    case 'inconclusive':
      return oneLine(`Gate ${first.spec.name} is inconclusive: ${first.sentence}`, also);
    case 'waiting':
      return oneLine(`Gate ${first.spec.name} waits: ${first.sentence}`, also);
    case 'passed':
      return oneLine(
        deciding.length === 1 ? `Gate ${first.spec.name} has passed` : `All ${deciding.length} gates have passed`,
      );
  }
}

/** What a gate quotes may be anything: on one line, and bounded, with room for `tail`. */
function oneLine(text: string, tail = ''): string {
  const end = shorten(tail, 100);
  return shorten(text.replace(/[\s\p{Cc}]+/gu, ' ').trim(), most.sentence - [...end].length) + end;
}

function named(standing: readonly Standing[]): string {
  const names = standing.slice(0, 3).map(({ spec }) => spec.name);
  const more = standing.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
