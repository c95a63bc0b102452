import type { ContainerView } from '../../../cluster/view.ts';
import { type Facts, labelOf } from '../../facts.ts';
import { logConfidence, type Match, nameOr, type Rule, seek, speaker } from '../../rule.ts';
import { killOf } from '../probe/probe-texts.ts';
import { crashes, creation, probes } from '../symptoms.ts';

const atStart = [/container init was OOM-killed|memory limit too low|OOM: the memory limit could be too low/i];
const ofGate = [/last exited with code 137 \(OOMKilled\)/];
const ofGateAtLeast = [/^OOMKilled: |\(OOMKilled\)/];
const ofKernel = [
  /(?:OOMKilling|SystemOOM).{0,200}(?:Killed process|[Oo]ut of memory|victim)|Memory cgroup out of memory/,
];
const ofProgram = [
  /java\.lang\.OutOfMemoryError|heap out of memory|fatal error: runtime: out of memory|runtime: cannot allocate memory|\bMemoryError\b|std::bad_alloc|Cannot allocate memory/,
];

/** The program needs more memory than it may have. */
export const outOfMemory: Rule = {
  cause: 'OutOfMemory',
  row: {
    shows:
      '`OOMKilled`, exit code 137 with an event of the kernel, or the program says that memory has run out; with the limit of the container',
    means: 'the container needs more memory than its limit, or, without a limit, than the node has',
    todo: 'raise `limits.memory` of the container, or find out why it needs more; a rollout that changed neither points to a leak',
  },
  best: 'high',
  rank: 3,
  explains: [...crashes, ...creation, ...probes],
  changedBy: /\.(?:image|resources|args|env)\b/,
  find(facts) {
    const killed = facts.containers.find(({ terminated }) => terminated?.reason === 'OOMKilled');
    const byProbe = killOf(facts, 'Liveness') ?? killOf(facts, 'Startup');
    if (killed !== undefined && (killed.terminated?.exitCode === 137 || byProbe === undefined)) {
      const quotes = facts.quotes.filter((quote) => quote.container === killed && quote.kind !== 'log').reverse();
      // The reason is counted over the life of the container: another code means that it ended for another reason this time.
      return match(facts, killed, labelOf(killed), killed.terminated?.exitCode === 137 ? 'high' : 'medium', quotes);
    }
    const early = seek(facts, ['waiting', 'event', 'ended'], [...atStart, ...ofGate]);
    if (early !== null) return match(facts, early.quote.container, speaker(facts, early.quote), 'high', [early.quote]);
    const atLeast = seek(facts, ['waiting'], ofGateAtLeast);
    if (atLeast !== null) {
      return match(facts, atLeast.quote.container, speaker(facts, atLeast.quote), 'medium', [atLeast.quote]);
    }
    const container = facts.containers.find(({ terminated }) => terminated?.exitCode === 137);
    const kernel = seek(facts, ['event', 'node'], ofKernel);
    if (container !== undefined && kernel !== null)
      return match(facts, container, labelOf(container), 'medium', [kernel.quote]);
    const said = seek(facts, ['log', 'ended'], ofProgram);
    if (said === null) return null;
    return match(facts, said.quote.container, speaker(facts, said.quote), logConfidence([said], 'medium'), [
      said.quote,
    ]);
  },
};

function match(
  facts: Facts,
  container: ContainerView | undefined,
  name: string,
  confidence: Match['confidence'],
  quotes: Match['quotes'],
): Match {
  const limit = facts.pod?.limits[container?.name ?? '']?.memory;
  const words = limit === undefined ? 'without a memory limit that is known' : `memory limit ${limit}`;
  return {
    quotes,
    more: limit === undefined ? [] : [`template: ${name} has limits.memory ${limit}`],
    confidence,
    what: `${name.replace(/^./, (first) => first.toUpperCase())} ran out of memory, ${words}.`,
    nextStep: `Raise resources.limits.memory of ${nameOr(container?.name, 'the container')} in git${limit === undefined ? '' : ` above ${limit}`}, or find out why it needs more.`,
  };
}
