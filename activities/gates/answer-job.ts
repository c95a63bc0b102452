import { setTimeout as sleep } from 'node:timers/promises';
import { digest } from '../../domain/digest.ts';
import type { GateAnswer, GateRequest } from '../../domain/gates/types.ts';
import { gateJobLabel, nodeJob } from '../../domain/rollout/node-job.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { podView } from '../cluster/project.ts';
import { createJob, endOf, type Job } from '../cluster/run-job.ts';

/** What a gate's Jobs belong to. */
export interface JobScope {
  client: ClusterClient;
  /** The DaemonSet: with it they go, if nobody else removes them. */
  owner: { namespace: string; name: string; uid: string };
  /** Tells the Jobs of this gate, batch and rollout from all others, so that a worker that takes over finds those of the first. */
  identity: readonly (string | number)[];
  /** Last lines that the Job's pod has logged; null where they may not be read. */
  lastLines: (pod: Pod) => Promise<string[] | null>;
  signal: AbortSignal;
}

type JobRequest = Extract<GateRequest, { form: 'job' }>;

interface Ended {
  node: string;
  succeeded: boolean;
  sentence: string;
}

/** Jobs that run at the same time. */
const atOnce = 10;

/** A Job that has not even been ended by its own deadline this long after it is not waited for any more. */
const deadlineMarginMs = 15_000;

const firstPollMs = 250;
const slowestPollMs = 2_000;

/** Label on the Jobs of one measurement and their pods. */
const runLabel = `${gateJobLabel}-run`;

/**
 * Runs the template once on each node and waits for all: one request to create each Job, and all of them looked at by the same two
 * lists and removed together, however they ended. One that is left because the worker died removes itself within the hour. A Job that is not admitted, or none of whose containers ever started, tells nothing about the release: that is a
 * problem, not a failure.
 */
export async function answerJob(request: JobRequest, scope: JobScope): Promise<GateAnswer> {
  const run = new JobRuns(request, scope);
  try {
    return await run.toTheEnd();
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    const { namespace } = scope.owner;
    return {
      form: 'problem',
      problem: `Nodewave may not run Jobs in namespace ${namespace}: apply deploy/rbac-gates.yaml`,
    };
  } finally {
    // Not with the signal: a gate that is stopped leaves nothing behind either.
    await run.removeAll();
  }
}

class JobRuns {
  readonly #request: JobRequest;
  readonly #scope: JobScope;
  readonly #run: string;
  /** By Job name: the node that it is for. */
  readonly #waiting: Map<string, string>;
  readonly #running = new Map<string, { node: string; startedMs: number }>();
  /** Kubernetes deletes the pods of a Job whose deadline is over, and with them the reason. */
  readonly #pods = new Map<string, Pod>();
  readonly #ended: Ended[] = [];
  #made = false;

  constructor(request: JobRequest, scope: JobScope) {
    this.#request = request;
    this.#scope = scope;
    this.#run = digest([...scope.identity]);
    const readable = scope.owner.name.slice(0, 30).replace(/[^a-z0-9]+$/, '');
    this.#waiting = new Map(request.nodes.map((node) => [`${readable}-gate-${digest([this.#run, node])}`, node]));
  }

  async toTheEnd(): Promise<GateAnswer> {
    const { signal } = this.#scope;
    for (let pollMs = firstPollMs; ; pollMs = Math.min(slowestPollMs, pollMs * 1.5)) {
      signal.throwIfAborted();
      const problem = (await this.#fill()) ?? (await this.#look());
      if (problem !== null) return { form: 'problem', problem };
      if (this.#waiting.size + this.#running.size === 0) return { form: 'job', ended: this.#ended };
      await sleep(pollMs, undefined, { signal });
    }
  }

  async removeAll(): Promise<void> {
    const { client, owner } = this.#scope;
    if (!this.#made) return;
    const labelSelector = `${runLabel}=${this.#run}`;
    await client.removeAll(paths.jobs(owner.namespace), { labelSelector }).catch(() => undefined);
  }

  async #fill(): Promise<string | null> {
    const { client, owner, signal } = this.#scope;
    const { template, withinMs } = this.#request;
    for (const [name, node] of this.#waiting) {
      if (this.#running.size >= atOnce) return null;
      const labels = { [gateJobLabel]: owner.name, [runLabel]: this.#run };
      const body = nodeJob({ template, withinMs, name, node, labels }, owner);
      const fieldManager = 'nodewave-gates';
      const refused = await createJob(client, { namespace: owner.namespace, body, fieldManager }, signal);
      if (refused !== null) return refused;
      this.#made = true;
      this.#waiting.delete(name);
      this.#running.set(name, { node, startedMs: performance.now() });
    }
    return null;
  }

  /** What the Jobs are at now; a sentence when one of them cannot tell anything. */
  async #look(): Promise<string | null> {
    const { client, owner, signal } = this.#scope;
    const query = { labelSelector: `${runLabel}=${this.#run}`, signal };
    // Pods first: of a Job that is over they may be gone a moment later.
    const pods = await client.list<Pod>(paths.pods(owner.namespace), query);
    for (const pod of pods.items) this.#pods.set(pod.metadata.labels?.['batch.kubernetes.io/job-name'] ?? '', pod);
    const jobs = new Map(
      (await client.list<Job>(paths.jobs(owner.namespace), query)).items.map((job) => [job.metadata.name, job]),
    );
    for (const [name, { node, startedMs }] of this.#running) {
      const job = jobs.get(name);
      const late = performance.now() - startedMs > this.#request.withinMs + deadlineMarginMs;
      const end = job === undefined ? 'it was deleted before it had ended' : late ? 'it does not end' : endOf(job);
      if (end === null) continue;
      const ended = await this.#judge(name, node, end);
      if (typeof ended === 'string') return ended;
      this.#ended.push(ended);
      this.#running.delete(name);
    }
    return null;
  }

  async #judge(name: string, node: string, end: string): Promise<Ended | string> {
    if (end === 'succeeded') return { node, succeeded: true, sentence: 'succeeded' };
    const pod = this.#pods.get(name);
    if (pod === undefined) return `the Job on node ${node} failed and never had a pod: ${end}`;
    const waiting = neverStarted(pod);
    if (waiting !== null) return `the Job could not start on node ${node}: ${waiting}`;
    const lines = await this.#scope.lastLines(pod);
    const said = lines === null || lines.length === 0 ? '' : `; it said: ${lines.join(' | ')}`;
    return { node, succeeded: false, sentence: `${exitOf(pod) ?? end}${said}` };
  }
}

/** Why no container of it has run; null when one has. */
function neverStarted(pod: Pod): string | null {
  const { containers, unschedulable, phase } = podView(pod);
  if (containers.some(({ terminated }) => terminated !== undefined)) return null;
  const waiting = containers.find(({ waitingReason }) => waitingReason !== undefined);
  if (waiting !== undefined) {
    const { name, waitingReason, waitingMessage = '' } = waiting;
    return `container ${name} waits: ${waitingReason}${waitingMessage === '' ? '' : `: ${waitingMessage}`}`;
  }
  if (unschedulable !== undefined) return `not scheduled: ${unschedulable}`;
  return phase === 'Pending' ? 'its pod stayed Pending' : null;
}

function exitOf(pod: Pod): string | null {
  const failed = podView(pod).containers.find(({ terminated }) => (terminated?.exitCode ?? 0) !== 0);
  if (failed?.terminated === undefined) return null;
  return `container ${failed.name} exited with code ${failed.terminated.exitCode}`;
}
