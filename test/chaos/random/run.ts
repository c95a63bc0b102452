import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api } from '@kubernetes/client-node';
import { waitFor } from '../../../dev/stack/wait.ts';
import { auditTail } from '../../support/audit-tail.ts';
import { recordCluster } from '../../support/cluster-record.ts';
import { type Judgement, judge } from '../../support/cluster-rules.ts';
import { makeRepo } from '../../support/repo.ts';
import { seededRandom } from '../rounds.ts';
import { ClusterFaults } from './cluster-faults.ts';
import { Commits, type Version, type VersionEnding, wrongEnding } from './commits.ts';
import { clusterFaults, type Fault, FaultCounts, type ProcessFault, processFaults } from './kinds.ts';
import { applicationFor, applyBehaviours, type Behaviour, budgetPercent, runSelector } from './manifest.ts';
import type { RandomStack } from './stack.ts';

/** What a run is to be. */
export interface RunOptions {
  seed: number;
  /** How long faults are injected, milliseconds. */
  lengthMs: number;
  /** Each kind of fault at least so often; the run goes on for up to `mostParts` of its length to reach it. */
  eachAtLeast: number;
  /** Nodes in the beginning. */
  nodes: number;
  /** Ends at the first violation, as any run does, and is expected to. */
  untilViolation?: boolean;
}

/** What came of a run. */
export interface RunReport {
  seed: number;
  lengthMs: number;
  judgement: Judgement;
  /** Violated rules, wrong endings and what did not come to an end; empty when all is well. */
  violations: string[];
  faults: FaultCounts;
  endings: VersionEnding[];
  /** Changes of nodes, pods and DaemonSet that were seen. */
  events: number;
  /** How often the watch of the record had to begin anew. */
  gaps: number;
  /** See `RandomStack.selfEnded`. */
  selfEnded: readonly string[];
  slowestRestartMs: Partial<Record<ProcessFault, number>>;
}

const daemonSet = 'agent';

/** How much longer than planned a run may go on to reach its numbers. */
export const mostParts = 1.4;

/** Longest time that a commit may need to come to an end, milliseconds. */
const patienceMs = 180_000;

/** Rolls out one version after the other while faults are injected, and holds everything against the rules. */
export async function randomRun(stack: RandomStack, options: RunOptions): Promise<RunReport> {
  const run = await RandomRun.begin(stack, options);
  try {
    return await run.run();
  } finally {
    run.close();
  }
}

type Parts = {
  record: Awaited<ReturnType<typeof recordCluster>>;
  repo: Awaited<ReturnType<typeof makeRepo>>;
  namespace: string;
};

class RandomRun {
  readonly #stack: RandomStack;
  readonly #options: RunOptions;
  readonly #parts: Parts;
  readonly #audit;
  readonly #commits: Commits;
  readonly #faults = new FaultCounts();
  readonly #clusterFaults: ClusterFaults;
  readonly #byHand = new Set<string>();
  readonly #outages: { fromMs: number; toMs: number }[] = [];
  readonly #slowest: Partial<Record<ProcessFault, number>> = {};
  readonly #problems: string[] = [];
  readonly #beganMs = Date.now();
  readonly #endedBefore: number;
  /** Streams of their own, so that what one loop draws does not depend on the pace of another one. */
  readonly #randoms;
  #current: Version | null = null;
  #judgement: Judgement;
  #stopping = false;

  private constructor(stack: RandomStack, options: RunOptions, parts: Parts) {
    this.#stack = stack;
    this.#options = options;
    this.#parts = parts;
    this.#endedBefore = stack.selfEnded().length;
    this.#audit = auditTail(stack.auditLogFile, parts.namespace);
    this.#commits = new Commits(stack.client, parts.repo, parts.namespace, daemonSet);
    const stream = (index: number) => seededRandom(options.seed * 16 + index);
    this.#randoms = { versions: stream(0), cluster: stream(1), processes: stream(2) };
    this.#clusterFaults = new ClusterFaults({
      kubeConfig: stack.stack.cluster.kubeConfig,
      kube: stack.kube,
      record: parts.record,
      namespace: parts.namespace,
      daemonSet,
      nodes: options.nodes,
      random: this.#randoms.cluster,
      byHand: this.#byHand,
    });
    this.#judgement = this.#judge();
  }

  static async begin(stack: RandomStack, options: RunOptions): Promise<RandomRun> {
    const { kubeConfig } = stack.stack.cluster;
    const namespace = `random-${options.seed}${options.untilViolation === true ? '-mutant' : ''}`;
    const core = kubeConfig.makeApiClient(CoreV1Api);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await waitFor(() => core.readNamespacedServiceAccount({ name: 'default', namespace }), {
      timeoutMs: 30_000,
      what: `the default service account of namespace ${namespace}`,
    });
    await applyBehaviours(kubeConfig);
    const repo = await makeRepo();
    // The application is to find its branch.
    await repo.push({ 'README.md': 'Manifests of a random run.\n' });
    const record = await recordCluster(stack.kube, namespace, daemonSet);
    const run = new RandomRun(stack, options, { record, repo, namespace });
    await stack.client.configure(applicationFor(namespace, repo.url), 'test');
    run.#current = await run.#commits.push('ready-300');
    await run.#ended(run.#current);
    return run;
  }

  close(): void {
    this.#stopping = true;
    this.#parts.record.stop();
    this.#parts.repo.remove();
  }

  async run(): Promise<RunReport> {
    const loops = [this.#watchEndings(), this.#clusterLoop(), this.#processLoop(), this.#judgeLoop()].map((loop) =>
      loop.catch((error: unknown) => this.#problem(error)),
    );
    try {
      await this.#shipVersions();
      this.#stopping = true;
      await Promise.all(loops);
      if (!this.#failed) await this.#bringHome();
    } catch (error) {
      this.#problem(error);
    }
    this.#stopping = true;
    await Promise.all(loops);
    this.#judgement = this.#judge();
    return {
      seed: this.#options.seed,
      lengthMs: Date.now() - this.#beganMs,
      judgement: this.#judgement,
      violations: [...this.#problems, ...this.#judgement.violations],
      faults: this.#faults,
      endings: this.#commits.endings,
      events: this.#parts.record.seen.length,
      gaps: this.#parts.record.gaps(),
      selfEnded: this.#stack.selfEnded().slice(this.#endedBefore),
      slowestRestartMs: this.#slowest,
    };
  }

  get #failed(): boolean {
    return this.#problems.length + this.#judgement.violations.length > 0;
  }

  /** Part of the planned length that is over; above 1 in the time that is added to reach the numbers. */
  get #part(): number {
    return (Date.now() - this.#beganMs) / this.#options.lengthMs;
  }

  #mayStop(): boolean {
    if (this.#failed || this.#part >= mostParts) return true;
    const { eachAtLeast } = this.#options;
    const kinds: Fault[] = [...clusterFaults, ...processFaults, 'newer commit', 'crashing version'];
    return this.#part >= 1 && kinds.every((kind) => this.#faults.count(kind) >= eachAtLeast);
  }

  #behind(kind: Fault, ahead = 1.25): boolean {
    return this.#faults.count(kind) < this.#options.eachAtLeast * ahead * Math.min(1, this.#part + 0.05);
  }

  /** One version after the other; some are superseded while they are being rolled out. */
  async #shipVersions(): Promise<void> {
    const random = this.#randoms.versions;
    while (!this.#mayStop()) {
      const behaviour = this.#nextBehaviour();
      this.#current = await this.#commits.push(behaviour);
      const version = this.#current;
      const crashes = behaviour.startsWith('crash');
      // A rollout that reaches every node in all these faults takes as long as four that make way.
      const hurried = this.#behind('newer commit', 2);
      const impatient = random() < (hurried ? (crashes ? 0.4 : 0.9) : 0.2);
      const afterPart = random() * (crashes ? 0.05 : hurried ? 0.25 : 0.5);
      await waitFor(() => this.#runs(version) || this.#over(version), {
        timeoutMs: patienceMs,
        what: `the first pod of ${version.image}`,
      });
      if (crashes && this.#inFlight()) this.#faults.add('crashing version');
      if (impatient) {
        await waitFor(() => this.#reached(version.image) >= afterPart || this.#over(version), {
          timeoutMs: patienceMs,
          what: `the rollout of ${version.image} to reach ${Math.round(afterPart * 100)} % of the nodes`,
        });
        if (this.#inFlight()) {
          this.#faults.add('newer commit');
          continue;
        }
      }
      await this.#ended(version);
      await sleep(200 + random() * 800);
    }
  }

  #nextBehaviour(): Behaviour {
    const random = this.#randoms.versions;
    const [crash, kind] = [random(), random()];
    if (crash < (this.#behind('crashing version') ? 0.5 : 0.15)) return kind < 0.5 ? 'crash' : 'crash-late';
    return kind < 0.8 ? 'ready-300' : kind < 0.95 ? 'ready-600' : 'ready-1000';
  }

  /** Pods of the current version have been deleted for, and nodes are left that it has not reached or has to leave again. */
  #inFlight(): boolean {
    const version = this.#current;
    if (version === null || this.#commits.endingOf(version) !== undefined) return false;
    const begun = this.#audit.read().some(({ byNodewave, atMs }) => byNodewave && atMs > version.pushedMs);
    return begun && this.#reached() < 1;
  }

  #runs(version: Version): boolean {
    return [...this.#parts.record.pods.values()].some(({ image }) => image === version.image);
  }

  /** Share of the Ready nodes that have a ready pod of the image; of the live template without one. */
  #reached(image = this.#parts.record.live()?.image): number {
    const { record } = this.#parts;
    const done = new Set(
      [...record.pods.values()]
        .filter((pod) => pod.image === image && pod.ready && !pod.terminating)
        .map((pod) => pod.node),
    );
    const nodes = [...record.nodes.values()].filter((node) => node.ready);
    return nodes.filter((node) => done.has(node.name)).length / Math.max(1, nodes.length);
  }

  #over(version: Version): boolean {
    return this.#failed || this.#commits.endingOf(version) !== undefined;
  }

  async #ended(version: Version): Promise<void> {
    await waitFor(
      async () => {
        await this.#commits.look();
        return this.#over(version);
      },
      { timeoutMs: patienceMs, everyMs: 200, what: `the outcome of ${version.image} (${version.behaviour})` },
    ).catch(async (error: unknown) => {
      const said = await this.#commits.sentence().catch((reason: unknown) => String(reason));
      throw new Error(`${error instanceof Error ? error.message : String(error)}; the application says: ${said}`);
    });
  }

  async #watchEndings(): Promise<void> {
    let checked = 0;
    while (!this.#stopping) {
      await this.#commits.look().catch(() => undefined);
      for (const ending of this.#commits.endings.slice(checked)) {
        const wrong = wrongEnding(ending, this.#commits.versions);
        if (wrong !== null) this.#problems.push(wrong);
        this.#say(`${ending.image} (${ending.version.behaviour}) ${ending.outcome}`);
      }
      checked = this.#commits.endings.length;
      await sleep(200);
    }
  }

  async #clusterLoop(): Promise<void> {
    const random = this.#randoms.cluster;
    while (!this.#stopping) {
      await this.#clusterFaults.undo();
      if (this.#inFlight()) {
        const kind = this.#faults.rarest(clusterFaults, random);
        // What cannot be done now makes way for another kind.
        for (const each of [kind, ...clusterFaults]) {
          if (each === undefined || !(await this.#clusterFaults.inject(each))) continue;
          this.#faults.add(each);
          break;
        }
      }
      await sleep(700 + random() * 1_600);
    }
  }

  async #processLoop(): Promise<void> {
    const random = this.#randoms.processes;
    let workerBack: Promise<void> = Promise.resolve();
    while (!this.#stopping) {
      const kind = this.#faults.rarest(processFaults, random);
      if (kind === undefined) return;
      // Often one right after the other, so that the second one hits while the first is not healed yet; then quiet, so that
      // rollouts get somewhere.
      const [soon, part] = [random() < 0.6, random()];
      await sleep(soon ? 300 + part * 2_000 : (this.#behind(kind) ? 7_000 : 12_000) + part * 10_000);
      if (!this.#inFlight() || this.#stopping) continue;
      if (kind === 'worker killed') {
        // The other one goes on meanwhile; the next death of a worker waits until both are there.
        await workerBack;
        if (!this.#inFlight()) continue;
        workerBack = this.#timed(kind, () => this.#stack.killWorker(random() < 0.5 ? 0 : 1));
        workerBack.catch(() => undefined);
      } else if (kind === 'Temporal killed') {
        await this.#timed(kind, () => this.#stack.killTemporal());
      } else {
        const outage = { fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY };
        this.#outages.push(outage);
        await this.#timed(kind, () => this.#stack.killApiServer());
        outage.toMs = Date.now();
      }
    }
    await workerBack;
  }

  async #timed(kind: ProcessFault, kill: () => Promise<void>): Promise<void> {
    this.#faults.add(kind);
    const beganMs = Date.now();
    await kill();
    this.#slowest[kind] = Math.max(this.#slowest[kind] ?? 0, Date.now() - beganMs);
  }

  /** Looks now and then, so that a run that has gone wrong ends while its cause is near. */
  async #judgeLoop(): Promise<void> {
    let nextMs = 0;
    while (!this.#stopping) {
      await sleep(250);
      if (Date.now() < nextMs) continue;
      this.#judgement = this.#judge(3_000);
      // A long record takes its time to be read.
      nextMs = Date.now() + 5_000 + this.#part * 25_000;
    }
  }

  /** @param youngestMs what is younger may not have arrived in every stream yet */
  #judge(youngestMs = 0): Judgement {
    const untilMs = Date.now() - youngestMs;
    return judge({
      seen: this.#parts.record.seen.filter(({ atMs }) => atMs <= untilMs),
      deletions: this.#audit.read(),
      byHand: this.#byHand,
      outages: this.#outages,
      images: this.#commits.versions.map(({ image }) => image),
      endings: this.#commits.endings.filter(({ atMs }) => atMs <= untilMs),
      selector: runSelector,
      budgetPercent,
    });
  }

  /** Every fault is taken back, the last rollout ends, and one more version must reach every node. */
  async #bringHome(): Promise<void> {
    await this.#clusterFaults.heal();
    if (this.#current !== null) await this.#ended(this.#current);
    const last = await this.#commits.push('ready-300');
    this.#current = last;
    await this.#ended(last);
    const ending = this.#commits.endingOf(last);
    if (ending?.outcome !== 'succeeded') throw new Error(`the last version ended as ${ending?.outcome}`);
    await waitFor(() => this.#reached() === 1, {
      timeoutMs: 30_000,
      what: `every node to be ready on the last version (${Math.round(this.#reached() * 1000) / 10} % are)`,
    });
  }

  #problem(error: unknown): void {
    this.#problems.push(error instanceof Error ? error.message : String(error));
  }

  #say(line: string): void {
    const atSeconds = Math.round((Date.now() - this.#beganMs) / 1_000);
    process.stderr.write(`random run, ${atSeconds} s: ${line}; ${this.#faults.total()} faults\n`);
  }
}
