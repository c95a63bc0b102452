import { digest } from '../../domain/digest.ts';
import type { GateAnswer, GateRequest } from '../../domain/gates/types.ts';
import { gateJobLabel, nodeJob } from '../../domain/rollout/node-job.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { podView } from '../cluster/project.ts';
import { removeJob, runJob } from '../cluster/run-job.ts';

/** What a gate's Jobs belong to. */
export interface JobScope {
  client: ClusterClient;
  /** The DaemonSet: with it they go, if nobody else removes them. */
  owner: { namespace: string; name: string; uid: string };
  /** Tells the Jobs of this gate, batch and rollout from all others, so that a worker that takes over finds those of the first. */
  identity: readonly (string | number)[];
  /** Last lines that the Job's pod has logged; null where they may not be read. */
  lastLines: (pod: Pod, signal: AbortSignal) => Promise<string[] | null>;
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

/**
 * Runs the template once on each node and waits for all. Every Job is removed again, however it ended; one that is left because the
 * worker died removes itself within the hour. A Job that is not admitted, or none of whose containers ever started, tells nothing
 * about the release: that is a problem, not a failure.
 */
export async function answerJob(request: JobRequest, scope: JobScope): Promise<GateAnswer> {
  const queue = [...request.nodes];
  const ended: Ended[] = [];
  let problem: string | null = null;
  const lane = async (): Promise<void> => {
    for (let node = queue.shift(); node !== undefined && problem === null; node = queue.shift()) {
      const answer = await onNode(request, node, scope);
      if (typeof answer === 'string') problem ??= answer;
      else ended.push(answer);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, queue.length) }, lane));
  const failed = lanes.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return problem === null ? { form: 'job', ended } : { form: 'problem', problem };
}

async function onNode(request: JobRequest, node: string, scope: JobScope): Promise<Ended | string> {
  const { client, owner, signal } = scope;
  const name = `${owner.name.slice(0, 30).replace(/[^a-z0-9]+$/, '')}-gate-${digest([...scope.identity, node])}`;
  const { template, withinMs } = request;
  const body = nodeJob({ template, withinMs, name, node, labels: { [gateJobLabel]: owner.name } }, owner);
  // Kubernetes deletes the pods of a Job whose deadline is over, and with them the reason.
  let pod: Pod | null = null;
  const look = async (): Promise<void> => {
    pod = (await podOf(client, owner.namespace, name, signal)) ?? pod;
  };
  const fieldManager = 'nodewave-gates';
  const run = { namespace: owner.namespace, name, body, withinMs, again: false, fieldManager, look };
  try {
    const failed = await runJob(client, run, signal);
    if (failed === null) return { node, succeeded: true, sentence: 'succeeded' };
    await look();
    if (pod === null) return `${failed}; it never had a pod`;
    const waiting = neverStarted(pod);
    if (waiting !== null) return `the Job could not start on node ${node}: ${waiting}`;
    const lines = await scope.lastLines(pod, signal);
    const said = lines === null || lines.length === 0 ? '' : `; it said: ${lines.join(' | ')}`;
    return { node, succeeded: false, sentence: `${exitOf(pod) ?? failed}${said}` };
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    return `Nodewave may not run Jobs in namespace ${owner.namespace}: apply deploy/rbac-hooks.yaml`;
  } finally {
    // Not with the signal: a gate that is stopped leaves nothing behind either.
    await removeJob(client, owner.namespace, name).catch(() => undefined);
  }
}

async function podOf(client: ClusterClient, namespace: string, job: string, signal: AbortSignal): Promise<Pod | null> {
  const labelSelector = `batch.kubernetes.io/job-name=${job}`;
  const { items } = await client.list<Pod>(paths.pods(namespace), { labelSelector, signal });
  return items[0] ?? null;
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
