import { afterAll, beforeAll, test, vi } from 'vitest';
import type { DaemonSet, KubeObject, Node, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { readRecord } from '../../activities/cluster/record-store.ts';
import type { RolloutView } from '../../client/index.ts';
import { nodeGroupLabel, scaleNodes, setNodeReady } from '../../dev/stack/nodes.ts';
import { applyStages, type Stage } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import type { Phase } from '../../domain/rollout/phases.ts';
import type { Accepted, RolloutFinished } from '../../domain/wire.ts';
import { imageOf, isReady, nodeOf } from '../e2e/scene.ts';
import { type AuditedDelete, allDeletes, isWorker } from '../support/audit.ts';
import { adminKube, deleteNamespace, makeNamespace, makeNodes, type TestNodes } from '../support/cluster.ts';
import { fleetViolations, type RecordedRollout } from '../support/fleet-invariants.ts';
import { type NodeHistory, recordNodes } from '../support/node-history.ts';
import { type PodHistory, recordPods } from '../support/pod-history.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';
import { type Engine, type EngineOptions, type StartOptions, startEngine } from './support.ts';

/** How long anything that is waited for may take on a loaded machine, milliseconds. */
const patienceMs = 150_000;

/** What a scenario is made of. */
export interface ScenarioOptions {
  /** How many nodes of its own it gets; 6 without it. */
  nodes?: number;
  /** `maxUnavailable` of every rollout unless one says otherwise; 2 without it. */
  budget?: number;
  /** Most templates that live pods may carry at one moment; 2 without it. */
  templates?: number;
  /** Which of its nodes the DaemonSet runs on, where that is not all without a taint. */
  fits?: (node: Node) => boolean;
  /** Users, by a part of their name, whose deletions the scenario is about. */
  otherHands?: readonly string[];
}

/** What is said of a rollout beyond its image. */
export type RolloutOptions = Pick<StartOptions, 'policy' | 'container' | 'pod' | 'spec'> & {
  mode?: StartOptions['mode'];
};

/** A rollout that a scenario started. */
export interface ScenarioRollout {
  /** `progress` is that of the running batch where one runs. */
  status(): Promise<RolloutView>;
  /** Waits until the rollout is in a phase and `also` holds. */
  reaches(phase: Phase, also?: (status: RolloutView) => boolean | Promise<boolean>): Promise<RolloutView>;
  send(update: string, argument?: Record<string, unknown>): Promise<Accepted>;
  result(): Promise<RolloutFinished>;
}

/** One DaemonSet `agent` on nodes of its own, watched from the outside. */
export interface Scene {
  namespace: string;
  nodes: TestNodes;
  engine: Engine;
  history: PodHistory;
  /** Installs a first version and waits for it. */
  install(image: string, options?: RolloutOptions): Promise<void>;
  rollout(image: string, options?: RolloutOptions): Promise<ScenarioRollout>;
  pods(): Promise<Pod[]>;
  podOn(node: string): Promise<Pod | undefined>;
  /** Uid of the live pod on each node. */
  uids(): Promise<Record<string, string>>;
  /** How many available pods there are of each image. */
  images(): Promise<Record<string, number>>;
  live(): Promise<DaemonSet>;
  record(): Promise<DaemonSetRecord>;
  /** Accepted deletions of pods, whoever sent them. */
  deletes(): Promise<AuditedDelete[]>;
  /** Nodes whose pod Nodewave has deleted, by the audit log, in order. */
  taken(): Promise<string[]>;
  /** Makes the pods of a `neverReady` image Ready by hand, so that the test says how far a batch gets. */
  makeReady(image: string, count?: number): Promise<void>;
  /** The same again and again, until the rollout has ended. */
  letThrough(rollout: ScenarioRollout, image: string): Promise<RolloutFinished>;
  /** Writes into the status of a node's pod, as its kubelet does. */
  patchStatus(node: string, change: { status: object }): Promise<void>;
  deletePod(node: string): Promise<void>;
  addNode(): Promise<string>;
  removeNode(node: string): Promise<void>;
  patchNode(node: string, patch: object): Promise<void>;
  setReady(node: string, ready: boolean): Promise<void>;
  /** Waits for anything else. */
  until<T>(what: string, check: () => Promise<T | false | undefined>): Promise<T>;
  /** Every violated invariant so far. */
  violations(): Promise<string[]>;
}

/** Registers a scenario; it runs at the same time as the others of its file. */
export type Scenario = (name: string, options: ScenarioOptions, body: (scene: Scene) => Promise<void>) => void;

/**
 * Scenarios of one test file on one engine. Whatever a scenario asserts itself, an independent watch of its pods and nodes and
 * the audit log are held against the invariants at its end.
 * @param stages how pods of certain images behave
 * @param engineOptions what the engine talks to
 */
export function scenarios(stages: readonly Stage[] = [], engineOptions: EngineOptions = {}): Scenario {
  let engine: Engine | undefined;
  vi.setConfig({ maxConcurrency: 8 });
  beforeAll(async () => {
    await applyStages(await adminKube(), stages);
    engine = await startEngine(engineOptions);
  }, stackTimeoutMs);
  afterAll(async () => {
    await engine?.stop();
  });
  return (name, options, body) => {
    test.concurrent(name, async () => {
      if (engine === undefined) throw new Error('the engine did not start');
      await runScenario(engine, options, body);
    });
  };
}

/** Runs one scenario against an engine and fails when an invariant was violated. */
export async function runScenario(
  engine: Engine,
  options: ScenarioOptions,
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  const [nodes, namespace] = await Promise.all([makeNodes('scene', options.nodes ?? 6), makeNamespace('scene')]);
  const histories = await Promise.all([
    recordPods(engine.kube, namespace),
    recordNodes(engine.kube, nodes.selector, options.fits),
  ]);
  try {
    const scene = makeScene(engine, options, nodes, namespace, histories);
    await body(scene);
    const found = await scene.violations();
    if (found.length > 0) throw new Error(`the cluster saw ${found.length} violations:\n${found.join('\n')}`);
  } finally {
    for (const history of histories) history.stop();
    await Promise.all([deleteNamespace(namespace), nodes.remove()]);
  }
}

function makeScene(
  engine: Engine,
  options: ScenarioOptions,
  nodes: TestNodes,
  namespace: string,
  [history, nodeHistory]: [PodHistory, NodeHistory],
): Scene {
  const { kube } = engine;
  const ref = { namespace, name: 'agent' };
  const budget = options.budget ?? 2;
  const rollouts: RecordedRollout[] = [];
  const until: Scene['until'] = (what, check) => waitFor(check, { timeoutMs: patienceMs, what });
  const deletes = async () => allDeletes((await testStack()).auditLogFile, namespace);
  const scene: Scene = {
    namespace,
    nodes,
    engine,
    history,
    until,
    install: async (image, more = {}) => {
      const { outcome, cause } = await (await scene.rollout(image, { ...more, mode: 'install' })).result();
      if (outcome !== 'installed') throw new Error(`${image} ended as ${outcome}: ${cause}`);
    },
    rollout: async (image, more = {}) => {
      const policy = { maxUnavailable: budget, ...more.policy };
      const most = typeof policy.maxUnavailable === 'number' ? policy.maxUnavailable : budget;
      rollouts.push({ atMs: Date.now(), image, budget: most });
      const common = { ...ref, nodeSelector: nodes.selector, mode: 'update' as const };
      return await started(engine, { ...common, ...more, image, policy });
    },
    pods: async () => {
      const { items } = await kube.list<Pod>(paths.pods(namespace), { labelSelector: 'app=agent' });
      return items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    },
    podOn: async (node) => (await scene.pods()).find((pod) => nodeOf(pod) === node),
    uids: async () => Object.fromEntries((await scene.pods()).map((pod) => [nodeOf(pod), pod.metadata.uid])),
    images: async () => {
      const counts: Record<string, number> = {};
      for (const pod of (await scene.pods()).filter(isReady)) counts[imageOf(pod)] = (counts[imageOf(pod)] ?? 0) + 1;
      return counts;
    },
    live: async () => {
      const live = await kube.get<DaemonSet>(paths.daemonSet(ref));
      if (live === null) throw new Error(`there is no DaemonSet ${namespace}/agent`);
      return live;
    },
    record: async () => {
      const stored = await readRecord(kube, ref);
      if (stored === null) throw new Error(`DaemonSet ${namespace}/agent has no record`);
      return stored.record;
    },
    deletes,
    taken: async () => {
      const nodeOfPod = new Map(history.events.map((event) => [event.name, event.node]));
      const ours = (await deletes()).filter(({ user }) => isWorker(user));
      return ours.map(({ pod }) => nodeOfPod.get(pod) ?? pod);
    },
    makeReady: async (image, count = Number.POSITIVE_INFINITY) => {
      // Before its simulated kubelet has started a pod, that one would still write over what is written here.
      const waiting = await until(`the pods of ${image} to be started`, async () => {
        const pods = (await scene.pods()).filter((pod) => imageOf(pod) === image && !isReady(pod));
        return pods.every((pod) => (pod.status?.containerStatuses?.length ?? 0) > 0) && pods;
      });
      for (const pod of waiting.slice(0, count)) {
        await kube.patch(`${podPath(pod)}/status`, readyPatch('True'), strategic);
      }
    },
    letThrough: async (rollout, image) => {
      let ended = false;
      const result = rollout.result().finally(() => {
        ended = true;
      });
      await until(`the rollout to ${image} to end`, async () => {
        await scene.makeReady(image);
        return ended;
      });
      return await result;
    },
    patchStatus: async (node, change) => {
      const pod = await scene.podOn(node);
      if (pod === undefined) throw new Error(`node ${node} has no pod`);
      await kube.patch(`${podPath(pod)}/status`, change, strategic);
    },
    deletePod: async (node) => {
      const pod = await scene.podOn(node);
      if (pod === undefined) throw new Error(`node ${node} has no pod`);
      await kube.remove(podPath(pod), { uid: pod.metadata.uid });
    },
    addNode: async () => {
      const prefix = nodes.selector[nodeGroupLabel];
      const { items } = await kube.list<KubeObject>(paths.nodes(), { labelSelector: `${nodeGroupLabel}=${prefix}` });
      const known = new Set(items.map(({ metadata }) => metadata.name));
      const all = await scaleNodes(await adminKube(), known.size + 1, { prefix });
      return all.find((name) => !known.has(name)) ?? '';
    },
    removeNode: async (node) => {
      await kube.remove(paths.node(node), {});
    },
    patchNode: async (node, patch) => {
      await kube.patch<Node & KubeObject>(paths.node(node), patch, { type: 'merge' });
    },
    setReady: async (node, isUp) => setNodeReady(await adminKube(), node, isUp),
    violations: async () => {
      // The records are watches: wait until they have caught up with what the audit log knows.
      const all = await deletes();
      const seen = (pod: string) =>
        history.events.some(({ name, terminating, gone }) => name === pod && (terminating || gone));
      await until('the watch of pods to see every deletion', async () => all.every(({ pod }) => seen(pod)));
      const { templates = 2, otherHands = [] } = options;
      return fleetViolations({
        pods: history.events,
        nodes: nodeHistory.events,
        deletes: await deletes(),
        rollouts,
        templates,
        otherHands,
      });
    },
  };
  return scene;
}

async function started(engine: Engine, options: StartOptions): Promise<ScenarioRollout> {
  const { workflowId, input, result } = await engine.start(options);
  const handle = engine.client.workflow.getHandle(workflowId);
  const status = async (): Promise<RolloutView> => {
    const view = await engine.nodewave.rolloutStatus(input.ref);
    return { ...view, progress: view.live?.progress ?? view.progress };
  };
  return {
    status,
    result,
    reaches: async (phase, also = () => true) => {
      let last: RolloutView | undefined;
      try {
        return await waitFor(
          async () => {
            last = await status();
            return last.phase === phase && (await also(last)) && last;
          },
          { timeoutMs: patienceMs, everyMs: 200, what: `phase ${phase} of the rollout to ${options.image}` },
        );
      } catch (error) {
        throw new Error(`${(error as Error).message}; it says (${last?.phase}): ${last?.sentence}`, { cause: error });
      }
    },
    send: async (update, argument = {}) =>
      handle.executeUpdate<Accepted, [unknown]>(update, { args: [{ by: 'ann@example.com', ...argument }] }),
  };
}

const podPath = ({ metadata }: Pod): string => paths.pod(metadata.namespace ?? '', metadata.name);

const strategic = { type: 'strategic' } as const;

/** Status of a pod whose containers are ready, or not. */
export function readyPatch(status: 'True' | 'False'): { status: object } {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status, lastTransitionTime }));
  return { status: { phase: 'Running', conditions } };
}
