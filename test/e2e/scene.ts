import type { WorkflowHandle } from '@temporalio/client';
import type { DaemonSet, KubeObject, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { readRecord } from '../../activities/cluster/record-store.ts';
import type { RolloutView } from '../../client/index.ts';
import { nodeGroupLabel, scaleNodes } from '../../dev/stack/nodes.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { applicationWorkflowId, type DaemonSetRef, rolloutWorkflowId } from '../../domain/ids.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import type { Phase } from '../../domain/rollout/phases.ts';
import type { Accepted, ApplicationPhase, ApplicationStatus, SyncOutcome } from '../../domain/wire.ts';
import { adminKube, deleteNamespace, makeNamespace, makeNodes, type TestNodes } from '../support/cluster.ts';
import { type AgentOptions, agentYaml, application } from '../support/manifests.ts';
import { clusterName, type Product } from '../support/product.ts';
import { makeRepo, type TestRepo } from '../support/repo.ts';

/** How long anything that is waited for may take on a loaded machine, milliseconds. */
const patienceMs = 90_000;

/** One application with its DaemonSet `agent`: what a test pushes, and what people see of it. */
export interface Scene {
  /** Of application and namespace. */
  name: string;
  namespace: string;
  ref: DaemonSetRef;
  nodes: TestNodes;
  repo: TestRepo;
  /** Manifest of the DaemonSet on the nodes of this scene. */
  agent(image: string, options?: Partial<AgentOptions>): string;
  /** `nodewave apply` of the application, with another rollout policy where one is given. */
  configure(rollout?: Record<string, unknown>): Promise<void>;
  /** Commits and pushes these files and nothing else; tells nobody. */
  commit(files: Record<string, string>, message?: string): Promise<string>;
  /** Commits and pushes, and tells the application. A text is the one file `agent.yaml`. */
  push(files: Record<string, string> | string, message?: string): Promise<string>;
  /** Waits until the commit has come to something; the newest outcome of it. */
  outcome(commit: string): Promise<SyncOutcome>;
  status(): Promise<ApplicationStatus>;
  phase(phase: ApplicationPhase): Promise<ApplicationStatus>;
  /** Waits until the rollout of this commit is in a phase. */
  rollout(commit: string, phase: Phase, also?: (view: RolloutView) => boolean): Promise<RolloutView>;
  /** Sends an update exactly as it is, to the rollout. */
  send(update: string, ...args: [unknown?]): Promise<Accepted>;
  /** The same to the application. */
  sendToApplication(update: string, ...args: [unknown?]): Promise<Accepted>;
  /** Events in the history of the rollout, or of the application, without workflow tasks, of which a busy server makes more. */
  historyLength(of: 'rollout' | 'application'): Promise<number>;
  pods(): Promise<Pod[]>;
  /** Uid of the pod on each node. */
  uids(): Promise<Record<string, string>>;
  /** How many available pods there are of each image. */
  images(): Promise<Record<string, number>>;
  /** Deletes the pod of a node by hand, as a drain or a person does; returns the image of the available one that follows. */
  deletePod(node: string): Promise<string>;
  /** Lets one more node join; returns the image of its pod once that is available. */
  addNode(): Promise<{ node: string; image: string }>;
  live(): Promise<DaemonSet>;
  liveImage(): Promise<string | undefined>;
  record(): Promise<DaemonSetRecord>;
}

/** What a scene is made of. */
export interface SceneOptions {
  /** Its `client` and `temporal` may change meanwhile. */
  product: Product;
  prefix: string;
  /** How many nodes of its own it gets, or nodes that several scenes share. */
  nodes: number | TestNodes;
  rollout?: Record<string, unknown>;
  /** The test's own, so that tests may run at once. */
  onTestFinished: (cleanUp: () => Promise<void>) => void;
}

/** Makes namespace and repository for one test, and removes them when it has ended. The application is not there yet. */
export async function makeScene(options: SceneOptions): Promise<Scene> {
  const { product, prefix, rollout = {} } = options;
  const nodes = typeof options.nodes === 'number' ? await makeNodes(prefix, options.nodes) : options.nodes;
  const namespace = await makeNamespace(prefix);
  const repo = await makeRepo();
  options.onTestFinished(async () => {
    repo.remove();
    await deleteNamespace(namespace);
    if (nodes !== options.nodes) await nodes.remove();
  });
  const { kube } = product;
  const name = namespace;
  const ref = { cluster: clusterName, namespace, name: 'agent' };
  const workflow = (id: string) => product.temporal.env.client.workflow.getHandle(id);
  const handles = {
    rollout: () => workflow(rolloutWorkflowId(ref)),
    application: () => workflow(applicationWorkflowId(name)),
  };
  const send = (handle: WorkflowHandle, update: string, args: [unknown?]): Promise<Accepted> =>
    args.length === 0
      ? handle.executeUpdate<Accepted, []>(update)
      : handle.executeUpdate<Accepted, [unknown]>(update, { args: [args[0]] });
  const wait = <T>(what: string, check: () => Promise<T | false | undefined>): Promise<T> =>
    waitFor(check, { timeoutMs: patienceMs, everyMs: 300, what });
  const availableOn = (node: string, notUid?: string): Promise<string> =>
    wait(`an available pod on node ${node}`, async () => {
      const pod = (await scene.pods()).find((one) => nodeOf(one) === node && one.metadata.uid !== notUid);
      return pod !== undefined && isReady(pod) && imageOf(pod);
    });
  const scene: Scene = {
    name,
    namespace,
    ref,
    nodes,
    repo,
    agent: (image, options = {}) => agentYaml({ image, nodeSelector: nodes.selector, ...options }),
    configure: async (given) => {
      await product.client.configure(
        application({ name, repo: repo.url, namespace, rollout: given ?? rollout }),
        'ann',
      );
    },
    commit: (files, message) => repo.push(files, message),
    push: async (files, message) => {
      const commit = await repo.push(typeof files === 'string' ? { 'agent.yaml': files } : files, message);
      await product.client.changed(name, { deliveryId: commit, source: 'cli', refs: ['refs/heads/main'] });
      return commit;
    },
    outcome: async (commit) => {
      let last: ApplicationStatus | undefined;
      try {
        return await wait(`an outcome of commit ${commit}`, async () => {
          last = await product.client.applicationStatus(name);
          return last.recent.find((outcome) => outcome.commit === commit);
        });
      } catch (error) {
        throw new Error(`${(error as Error).message}; the application says: ${last?.sentence}`, { cause: error });
      }
    },
    status: () => product.client.applicationStatus(name),
    phase: (phase) =>
      wait(`phase ${phase} of the application`, async () => {
        const status = await product.client.applicationStatus(name);
        return status.phase === phase && status;
      }),
    rollout: async (commit, phase, also = () => true) => {
      let last: RolloutView | undefined;
      try {
        return await wait(`phase ${phase} of the rollout`, async () => {
          last = await product.client.rolloutStatus(ref);
          return last.commit === commit && last.phase === phase && also(last) && last;
        });
      } catch (error) {
        throw new Error(`${(error as Error).message}; it says (${last?.phase}): ${last?.sentence}`, { cause: error });
      }
    },
    send: (update, ...args) => send(handles.rollout(), update, args),
    sendToApplication: (update, ...args) => send(handles.application(), update, args),
    historyLength: async (of) => {
      const { events } = await handles[of]().fetchHistory();
      return (events ?? []).filter((event) => !Object.keys(event).some((key) => key.startsWith('workflowTask'))).length;
    },
    pods: async () => {
      const { items } = await kube.list<Pod>(paths.pods(namespace), { labelSelector: 'app=agent' });
      return items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    },
    uids: async () => Object.fromEntries((await scene.pods()).map((pod) => [nodeOf(pod), pod.metadata.uid])),
    images: async () => {
      const counts: Record<string, number> = {};
      for (const pod of (await scene.pods()).filter(isReady)) counts[imageOf(pod)] = (counts[imageOf(pod)] ?? 0) + 1;
      return counts;
    },
    deletePod: async (node) => {
      const old = (await scene.pods()).find((pod) => nodeOf(pod) === node);
      if (old === undefined) throw new Error(`node ${node} has no pod`);
      await kube.remove(paths.pod(namespace, old.metadata.name), { uid: old.metadata.uid });
      return await availableOn(node, old.metadata.uid);
    },
    addNode: async () => {
      const group = nodes.selector[nodeGroupLabel];
      const before = await kube.list<KubeObject>(paths.nodes(), { labelSelector: `${nodeGroupLabel}=${group}` });
      const known = new Set(before.items.map(({ metadata }) => metadata.name));
      const all = await scaleNodes(await adminKube(), known.size + 1, { prefix: group });
      const node = all.find((name) => !known.has(name)) ?? '';
      return { node, image: await availableOn(node) };
    },
    live: async () => {
      const live = await kube.get<DaemonSet>(paths.daemonSet(ref));
      if (live === null) throw new Error(`there is no DaemonSet ${namespace}/agent`);
      return live;
    },
    liveImage: async () => imageOfTemplate(await scene.live()),
    record: async () => {
      const stored = await readRecord(kube, ref);
      if (stored === null) throw new Error(`DaemonSet ${namespace}/agent has no record`);
      return stored.record;
    },
  };
  return scene;
}

/** Image of a pod's first container. */
export const imageOf = (pod: Pod): string => pod.spec?.containers?.[0]?.image ?? '';

/** Image of the first container of a DaemonSet's live template. */
export function imageOfTemplate(live: DaemonSet): string | undefined {
  const containers = live.spec.template.spec?.containers as { image?: string }[] | undefined;
  return containers?.[0]?.image;
}

/** The node that a pod is bound to, or meant for. */
export function nodeOf(pod: Pod): string {
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return pod.spec?.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

/** Whether the pod's Ready condition is True. */
export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

/** What a write changes even when it changes nothing that people see. */
export const versionOf = ({ metadata }: Pick<KubeObject, 'metadata'>): string =>
  `${metadata.generation ?? ''}/${metadata.resourceVersion}`;
