import { allFaults } from './kinds.ts';
import type { RunReport } from './run.ts';

/** The run as a table for people, without a last newline. */
export function reportTable(report: RunReport): string {
  const { judgement, faults, endings } = report;
  const outcomes = new Map<string, number>();
  for (const { outcome } of endings) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  const rows: [string, string | number][] = [
    ['seed', `NODEWAVE_SEED=${report.seed}`],
    ['length', seconds(report.lengthMs)],
    ['events of nodes, pods and DaemonSet', report.events],
    ['rollouts ended', endings.filter(({ outcome }) => outcome !== 'installed').length],
    ...[...outcomes].map(([outcome, count]): [string, number] => [`  ${outcome}`, count]),
    ['faults in a rollout in flight', faults.total()],
    ...allFaults.map((kind): [string, string | number] => {
      const slowest = (report.slowestRestartMs as Record<string, number | undefined>)[kind];
      const count = faults.count(kind);
      return [`  ${kind}`, slowest === undefined ? count : `${count} (back within ${seconds(slowest)})`];
    }),
    ['pods ended by Nodewave', judgement.ended.nodewave],
    ['  each held against every rule', judgement.checked],
    ['  in a hole of the record', judgement.unchecked],
    ['pods ended by hand', judgement.ended.byHand],
    ['pods ended with their node', judgement.ended.others],
    ['most other nodes out at a deletion', judgement.mostOutAtDeletion],
    ['most nodes out, whoever did it', judgement.mostOut],
    ['most templates at once', judgement.mostTemplates],
    ['watches begun anew', report.gaps],
    ['workers that ended by themselves', report.selfEnded.length],
    ['violations', report.violations.length],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const ends = report.selfEnded.slice(0, 5);
  return [...lines, ...ends, ...report.violations.slice(0, 20).map((violation) => `  ${violation}`)].join('\n');
}
