import type { NodewaveFigures } from './measure.ts';

/** Pods that the controller manager creates a second with its default limits: no rollout can be faster. */
export const createdPerSecond = 20;

/** All figures of one bench. */
export interface BenchFigures extends NodewaveFigures {
  nodes: number;
  inFlight: number;
  nativeSeconds: number;
}

/** The table for people, and with `json` the figures as the last line. */
export function report(figures: BenchFigures, json: boolean): string {
  const { nodes, inFlight, nativeSeconds, nodewaveSeconds, historyEvents, workerRssMb, apiRequests } = figures;
  const ratio = round(nodewaveSeconds / nativeSeconds);
  const floorRatio = round(nodes / createdPerSecond / nativeSeconds);
  const requests = Object.entries(apiRequests)
    .sort(([, a], [, b]) => b - a)
    .map(([verb, count]) => `${verb} ${count}`)
    .join(', ');
  const rows: [string, string][] = [
    ['nodes, in flight', `${nodes}, ${inFlight}`],
    ['native RollingUpdate', `${nativeSeconds} s`],
    ['Nodewave', `${nodewaveSeconds} s`],
    ['ratio', `${ratio} of native`],
    ['floor', `${floorRatio} of native (${nodes} pods at ${createdPerSecond} per second)`],
    ['API requests', requests],
    ['history events', `${historyEvents}`],
    ['worker memory', `${workerRssMb} MB at most`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
  const line = {
    nodes,
    inFlight,
    nativeSeconds,
    nodewaveSeconds,
    ratio,
    floorRatio,
    historyEvents,
    workerRssMb,
    apiRequests,
  };
  return json ? `${table}\n${JSON.stringify(line)}\n` : `${table}\n`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
