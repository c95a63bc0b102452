import { compareWithRest, lookOf, type Tolerance } from '../compare.ts';
import { oneLine } from '../text.ts';
import type { GateScene, GateSchedule, Measurement } from '../types.ts';
import { podFinder, valuesOf } from './by-pod.ts';
import type { Queried } from './read-answer.ts';

/** How updated nodes are compared with the rest. */
export interface Comparing {
  tolerance: Tolerance;
  worse: 'higher' | 'lower';
  nodeLabel?: string;
}

/**
 * One value for each node, of those on the target against those on last good. A node without a value, or with NaN or an infinite one, is
 * left out of the comparison. A success that comes with a warning of Prometheus, so perhaps on half of the data, is inconclusive.
 */
export function judgeCompare(rule: Comparing, scene: GateScene, queried: Queried, schedule: GateSchedule): Measurement {
  if ('problem' in queried) return { outcome: 'error', sentence: oneLine(queried.problem) };
  const podOf = podFinder([...scene.rest, ...scene.updated], rule.nodeLabel);
  const updated = valuesOf(scene.updated, queried.series, podOf);
  const rest = valuesOf(scene.rest, queried.series, podOf);
  const strangers = queried.series.length > 0 && [...updated, ...rest].every(({ value }) => value === null);
  if (strangers) {
    const labels = rule.nodeLabel ?? 'pod, node or instance';
    const sentence = `no data: none of ${queried.series.length} series names a node or pod of the DaemonSet in its label ${labels}`;
    return { outcome: 'inconclusive', sentence: oneLine(sentence), samples: 0 };
  }
  const { tolerance, worse } = rule;
  const measured = compareWithRest({ updated, rest, tolerance, worse, look: lookOf(schedule, scene) }, schedule);
  const [warning] = queried.warnings;
  return {
    ...measured,
    ...(warning !== undefined && measured.outcome === 'success' ? { outcome: 'inconclusive' } : {}),
    sentence: oneLine(warning === undefined ? measured.sentence : `${measured.sentence}; Prometheus warns: ${warning}`),
  };
}
