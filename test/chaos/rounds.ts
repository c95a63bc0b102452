import { setTimeout as sleep } from 'node:timers/promises';
import { applyStages, slowReady } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import { auditedDeletes } from '../support/audit.ts';
import { adminKube, makeNamespace, makeNodes, type TestNodes } from '../support/cluster.ts';
import { mostOut, violations } from '../support/invariants.ts';
import { agentYaml, application } from '../support/manifests.ts';
import { type PodHistory, recordPods } from '../support/pod-history.ts';
import { clusterName, type Product } from '../support/product.ts';
import { makeRepo, type TestRepo } from '../support/repo.ts';
import { testStack } from '../support/stack.ts';

/** Nodes of a chaos run and how many of them may be out at once. */
const nodeCount = 8;
const budget = 2;

/** A DaemonSet that is rolled out again and again while something is done to the workers. */
export interface ChaosField {
  product: Product;
  namespace: string;
  nodes: TestNodes;
  history: PodHistory;
  /** Pushes the next version; returns its commit and image. */
  pushNext(): Promise<{ commit: string; image: string }>;
  /** Waits for the outcome of a commit and returns it. */
  outcome(commit: string, timeoutMs: number): Promise<string>;
  /** Who runs the batch activity now, and which attempt it is; null while none runs. */
  batchWorker(): Promise<{ identity: string; attempt: number } | null>;
  /** Every violated invariant so far, read from the audit log and the independent record. */
  violations(): Promise<string[]>;
  mostOut(): number;
  remove(): Promise<void>;
}

/** Random numbers from a printed seed (mulberry32), so that a failing run can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Seed of a long run: printed, and taken from NODEWAVE_SEED where a run is to be repeated. */
export function seedOf(name: string): number {
  const given = process.env.NODEWAVE_SEED;
  const seed = given === undefined ? Math.floor(Math.random() * 1_000_000) : Number(given);
  process.stderr.write(`${name}: NODEWAVE_SEED=${seed}\n`);
  return seed;
}

/** Installs version 0 and records everything from then on. A worker must be running. */
export async function startField(product: Product, prefix: string, versions: number): Promise<ChaosField> {
  const namespace = await makeNamespace(prefix);
  const nodes = await makeNodes(prefix, nodeCount);
  const repo = await makeRepo();
  const images = Array.from({ length: versions + 1 }, (_, index) => `${namespace}:v${index}`);
  // Between a deletion and the new pod's readiness lies long enough for something to happen in it.
  await applyStages(
    await adminKube(),
    images.slice(1).flatMap((image) => slowReady(image, 300)),
  );
  const history = await recordPods(product.kube, namespace);
  await product.client.configure(
    application({ name: namespace, repo: repo.url, namespace, rollout: { maxUnavailable: budget } }),
    'test',
  );
  let next = 0;
  const field: ChaosField = {
    product,
    namespace,
    nodes,
    history,
    pushNext: async () => {
      const image = images[next] ?? '';
      next += 1;
      const commit = await push(product, repo, namespace, agentYaml({ image, nodeSelector: nodes.selector }));
      return { commit, image };
    },
    outcome: (commit, timeoutMs) => outcomeOf(product, namespace, commit, timeoutMs),
    batchWorker: () => batchWorkerOf(product, namespace),
    violations: async () => {
      const { auditLogFile } = await testStack();
      const deletes = auditedDeletes(auditLogFile, namespace);
      // The record is a watch: wait until it has caught up with what the audit log knows.
      for (const { uid } of deletes)
        await history.until((event) => event.uid === uid && (event.terminating || event.gone));
      return violations({ events: history.events, deletes, nodes: nodes.names, budget });
    },
    mostOut: () => mostOut(history.events, nodes.names),
    remove: async () => {
      history.stop();
      repo.remove();
      await nodes.remove();
    },
  };
  const { commit } = await field.pushNext();
  const installed = await field.outcome(commit, 60_000);
  if (installed !== 'installed') throw new Error(`version 0 ended as ${installed}`);
  return field;
}

async function push(product: Product, repo: TestRepo, namespace: string, yaml: string): Promise<string> {
  const commit = await repo.push({ 'agent.yaml': yaml });
  await product.client.changed(namespace, { deliveryId: commit, source: 'cli', refs: ['refs/heads/main'] });
  return commit;
}

async function outcomeOf(product: Product, name: string, commit: string, timeoutMs: number): Promise<string> {
  return await waitFor(
    async () => {
      const { recent } = await product.client.applicationStatus(name);
      return recent.find((outcome) => outcome.commit === commit)?.outcome;
    },
    { timeoutMs, everyMs: 250, what: `the outcome of commit ${commit}` },
  );
}

async function batchWorkerOf(product: Product, namespace: string) {
  const workflowId = rolloutWorkflowId({ cluster: clusterName, namespace, name: 'agent' });
  const { raw } = await product.temporal.env.client.workflow.getHandle(workflowId).describe();
  const batch = raw.pendingActivities?.find((activity) => activity.activityType?.name === 'runBatch');
  const identity = batch?.lastWorkerIdentity;
  return identity === undefined || identity === null || identity === ''
    ? null
    : { identity, attempt: Number(batch?.attempt ?? 1) };
}

/** Waits for a random moment of a rollout: up to 200 ms after one of the first deletions. */
export async function randomMoment(field: ChaosField, since: number, random: () => number): Promise<void> {
  const wanted = 1 + Math.floor(random() * (nodeCount - budget));
  let seen = 0;
  const counted = new Set<string>();
  await field.history.until((event) => {
    if (event.atMs < since || !(event.terminating || event.gone) || counted.has(event.uid)) return false;
    counted.add(event.uid);
    seen += 1;
    return seen >= wanted;
  });
  await sleep(Math.floor(random() * 200));
}
