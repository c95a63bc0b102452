import type { DemoResult, VersionResult } from './result.ts';
import { setting } from './setting.ts';

type Expected = Pick<VersionResult, 'version' | 'outcome' | 'batches' | 'nodesTouched'> & { cause: RegExp | null };

/** What every version must come to. */
const expected: readonly Expected[] = [
  { version: '1', outcome: 'adopted', cause: null, batches: 0, nodesTouched: 0 },
  { version: '2', outcome: 'succeeded', cause: null, batches: 3, nodesTouched: setting.nodes },
  { version: '3', outcome: 'rolledBack', cause: /CrashLoopBackOff/, batches: 1, nodesTouched: setting.zones.length },
  { version: '4', outcome: 'succeeded', cause: null, batches: 3, nodesTouched: setting.nodes },
];

/** Longest time from a push to the first pod deleted, milliseconds. */
export const pushLimitMs = 3_000;

/** Everything in the figures that is not as it must be, a sentence each. */
export function differencesOf(result: DemoResult): string[] {
  return [
    ...expected.flatMap((one) => {
      const actual = result.versions.find(({ version }) => version === one.version);
      return actual === undefined ? [`version ${one.version} was not delivered`] : versionDifferences(one, actual);
    }),
    ...otherDifferences(result),
  ];
}

function versionDifferences(one: Expected, actual: VersionResult): string[] {
  const found: string[] = [];
  for (const field of ['outcome', 'batches', 'nodesTouched'] as const) {
    if (actual[field] !== one[field]) {
      found.push(`version ${one.version}: ${field} is ${actual[field]}, expected ${one[field]}`);
    }
  }
  const causeFits = one.cause === null ? actual.cause === null : one.cause.test(actual.cause ?? '');
  if (!causeFits) {
    const wanted = one.cause === null ? 'none' : `one with ${one.cause.source}`;
    found.push(`version ${one.version}: cause is ${actual.cause ?? 'missing'}, expected ${wanted}`);
  }
  if (actual.mostNodesOut > actual.budget) {
    found.push(`version ${one.version}: ${actual.mostNodesOut} nodes were out at once, the budget is ${actual.budget}`);
  }
  if (one.nodesTouched === 0 && actual.longestGapMs > 0) {
    found.push(`version ${one.version}: a node was without its agent for ${actual.longestGapMs} ms, expected never`);
  }
  return found;
}

function otherDifferences({ killed, pushToFirstDeleteMs }: DemoResult): string[] {
  const found: string[] = [];
  if (killed === null) found.push('the worker was not killed');
  if (killed?.podDeleted === false) found.push('the worker was killed while no pod that it had deleted was missing');
  if (killed?.successorAvailable === true) found.push('the successor was available before the worker was dead');
  if (pushToFirstDeleteMs !== null && pushToFirstDeleteMs > pushLimitMs) {
    found.push(`the first pod was deleted ${pushToFirstDeleteMs} ms after the push, expected at most ${pushLimitMs}`);
  }
  return found;
}
