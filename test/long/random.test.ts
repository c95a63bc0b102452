import { afterAll, beforeAll, expect, test } from 'vitest';
import { allFaults } from '../chaos/random/kinds.ts';
import { budgetPlusOne } from '../chaos/random/mutant.ts';
import { reportTable } from '../chaos/random/report.ts';
import { mostParts, randomRun } from '../chaos/random/run.ts';
import { type RandomStack, startRandomStack } from '../chaos/random/stack.ts';
import { seedOf } from '../chaos/rounds.ts';
import { stackTimeoutMs } from '../support/stack.ts';

/** Length and size of the run; less is for those who work on it, and then fewer faults will do. */
const minutes = Number(process.env.NODEWAVE_RANDOM_MINUTES ?? 10);
const eachAtLeast = Math.floor(2 * minutes);

const nodes = Number(process.env.NODEWAVE_RANDOM_NODES ?? 200);
let stack: RandomStack;

beforeAll(async () => {
  stack = await startRandomStack(nodes);
}, stackTimeoutMs);

afterAll(() => stack?.stop());

test(
  `${minutes} minutes of random faults on ${nodes} nodes: no rule is broken and every rollout ends right`,
  async () => {
    const seed = seedOf('random');
    const report = await randomRun(stack, { seed, lengthMs: minutes * 60_000, eachAtLeast, nodes });
    process.stderr.write(`${reportTable(report)}\n`);
    expect(report.violations).toEqual([]);
    for (const kind of allFaults) expect(report.faults.count(kind), kind).toBeGreaterThanOrEqual(eachAtLeast);
    const ended = report.endings.filter(({ outcome }) => outcome !== 'installed');
    expect(ended.length).toBeGreaterThanOrEqual(3 * minutes);
    // A record with holes would find nothing because it sees nothing.
    expect(report.judgement.unchecked).toBeLessThan(report.judgement.checked / 20);
  },
  minutes * 60_000 * mostParts + 300_000,
);

test('the same run finds a worker whose budget is one too large', async () => {
  const mutant = budgetPlusOne();
  try {
    await stack.useSources(mutant.root);
    const seed = seedOf('random, mutant');
    const report = await randomRun(stack, { seed, lengthMs: 120_000, eachAtLeast: 5, nodes, untilViolation: true });
    process.stderr.write(`${reportTable(report)}\n`);
    expect(report.judgement.violations).toContainEqual(expect.stringMatching(/other nodes were out, budget/));
  } finally {
    mutant.remove();
  }
}, 400_000);
