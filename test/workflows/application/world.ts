import { ApplicationFailure } from '@temporalio/activity';
import type { GitActivities, PruneStep, SyncActivities } from '../../../activities/contract.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import type { Stragglers } from '../../../domain/application/state.ts';
import type { FailureCode } from '../../../domain/failures.ts';
import type { DaemonSetSync, SyncPlan } from '../../../domain/sync.ts';

/** The names of the activities that a world answers. */
export type Call = keyof (GitActivities & SyncActivities);

/** A failure as the activity edge makes it. */
export function coded(code: FailureCode, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: true });
}

/**
 * Git and cluster of one test, as typed activities see them. A commit's plan is what the test says; a pushed commit becomes
 * the newest at once.
 */
export class World {
  readonly cluster: string;
  head: { commit: string; subject: string } | null = null;
  /** What each commit means to the cluster; a failure makes preparing it fail. */
  readonly plans = new Map<string, SyncPlan | ApplicationFailure>();
  /** While set, every call of the activity fails with it. */
  readonly broken = new Map<Call, ApplicationFailure>();
  /** The next call of the activity fails with it. */
  readonly brokenOnce = new Map<Call, ApplicationFailure>();
  readonly calls: { name: Call; commit?: string; attempt: number }[] = [];
  /** While set, prepareSync waits for it. */
  gate: Promise<void> | undefined;
  released: string[] = [];
  /** What the next look for nodes that missed a rollout finds; emptied by it. */
  stragglers: Stragglers[] = [];
  /** What others have changed, as the look for stragglers sees it. */
  edits: Record<string, string> = {};
  /** Commits whose other objects were brought back. */
  restored: string[] = [];
  /** Commits that were applied without their other objects. */
  withoutOthers: string[] = [];
  /** DaemonSets that were deleted. */
  pruned: string[] = [];
  /** What the next calls of pruneBatch answer; the last one again and again. */
  pruneSteps: PruneStep[] = [];
  /** What they were asked. */
  readonly pruneInputs: Parameters<SyncActivities['pruneBatch']>[0][] = [];

  constructor(cluster: string) {
    this.cluster = cluster;
  }

  /** Makes a commit the newest, with its DaemonSets. */
  push(
    commit: string,
    daemonSets: DaemonSetSync[] | ApplicationFailure,
    others = 0,
    prune: SyncPlan['prune'] = undefined,
  ): void {
    const plan = daemonSets instanceof ApplicationFailure ? daemonSets : planOf(commit, daemonSets, others);
    this.plans.set(commit, plan instanceof ApplicationFailure || !prune ? plan : { ...plan, prune });
    this.head = { commit, subject: `subject of ${commit.slice(0, 4)}` };
  }

  /** How often an activity ran, for a commit where one is given. */
  count(name: Call, commit?: string): number {
    return this.calls.filter((call) => call.name === name && (commit === undefined || call.commit === commit)).length;
  }

  pruneBatch(input: Parameters<SyncActivities['pruneBatch']>[0]): PruneStep {
    this.pruneInputs.push(input);
    const [step, ...later] = this.pruneSteps;
    if (step === undefined) throw new Error('the test does not say how pruning goes');
    if (step.verdict === 'held' && step.sentence === input.told) {
      throw ApplicationFailure.create({ type: 'StillHeld', category: 'BENIGN', nextRetryDelay: 100 });
    }
    if (later.length > 0) this.pruneSteps = later;
    return step;
  }

  note(name: Call, commit?: string): void {
    this.calls.push({ name, attempt: 1, ...(commit !== undefined && { commit }) });
    const failure = this.brokenOnce.get(name) ?? this.broken.get(name);
    this.brokenOnce.delete(name);
    if (failure) throw failure;
  }

  planFor(commit: string): SyncPlan {
    const plan = this.plans.get(commit);
    if (plan === undefined) throw coded('BadInput', `no such commit ${commit}`);
    if (plan instanceof ApplicationFailure) throw plan;
    return plan;
  }
}

function planOf(commit: string, daemonSets: DaemonSetSync[], others: number): SyncPlan {
  return {
    commit,
    subject: `subject of ${commit.slice(0, 4)}`,
    renderedDigest: `rendered-${commit.slice(0, 8)}`,
    others: { create: 0, configure: others, unchanged: 1 },
    daemonSets,
    warnings: [],
  };
}

/** Activities that ask the world of the repository that they are given. */
export function worldActivities(worldOf: (repo: string) => World): GitActivities & SyncActivities {
  const inWorld = (spec: ApplicationSpec) => worldOf(spec.source.repo);
  return {
    async resolveRef({ repo }) {
      const world = worldOf(repo);
      world.note('resolveRef');
      if (!world.head) throw coded('BadInput', 'branch main does not exist; push it or change spec.source.ref');
      return world.head;
    },
    async waitForNewCommit({ repo, lastSeen, intervalMs }) {
      const world = worldOf(repo);
      world.note('waitForNewCommit', lastSeen);
      if (world.head && world.head.commit !== lastSeen) return world.head;
      throw ApplicationFailure.create({ type: 'NoNewCommit', category: 'BENIGN', nextRetryDelay: intervalMs });
    },
    async prepareSync({ spec, commit }) {
      const world = inWorld(spec);
      world.note('prepareSync', commit);
      await world.gate;
      return world.planFor(commit);
    },
    async previewSync({ spec, commit }) {
      const world = inWorld(spec);
      world.note('previewSync', commit);
      return { plan: world.planFor(commit), objects: [], truncated: false };
    },
    async applySync({ spec, plan, othersWait }) {
      const world = inWorld(spec);
      world.note('applySync', plan.commit);
      if (othersWait) world.withoutOthers.push(plan.commit);
      return { adopted: plan.daemonSets.filter((one) => one.adopt).map((one) => one.name) };
    },
    async restoreObjects({ spec, commit }) {
      const world = inWorld(spec);
      world.note('restoreObjects', commit);
      world.restored.push(commit);
      return { changed: ['ConfigMap monitoring/config'] };
    },
    async pruneDaemonSets({ spec, daemonSets }) {
      const world = inWorld(spec);
      world.note('pruneDaemonSets');
      world.pruned.push(...daemonSets.map(({ name }) => name));
      return { notes: daemonSets.map(({ name }) => `DaemonSet ${name} was deleted`) };
    },
    async pruneBatch(input) {
      const world = inWorld(input.spec);
      world.note('pruneBatch');
      return world.pruneBatch(input);
    },
    async waitForStragglers({ application, daemonSets, edits = {} }) {
      const world = worldOf(`https://git.example.com/${application}.git`);
      world.note('waitForStragglers');
      const due = daemonSets.filter(({ notBeforeMs }) => notBeforeMs <= Date.now());
      const found = world.stragglers.filter((one) => due.some(({ name }) => name === one.name));
      world.stragglers = world.stragglers.filter((one) => !found.includes(one));
      const isNews = JSON.stringify(edits) !== JSON.stringify(world.edits);
      if (found.length > 0 || isNews) return { stragglers: found, edits: world.edits };
      throw ApplicationFailure.create({ type: 'NoStragglers', category: 'BENIGN', nextRetryDelay: 100 });
    },
    async releaseApplication({ spec }) {
      inWorld(spec).note('releaseApplication');
      return { notes: ['OnDelete is given back'] };
    },
    async releaseQuarantine({ spec }) {
      const world = inWorld(spec);
      world.note('releaseQuarantine');
      return { released: world.released };
    },
  };
}
