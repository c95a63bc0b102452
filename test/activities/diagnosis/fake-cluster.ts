import type { ClusterClient } from '../../../activities/cluster/client.ts';
import { answerError } from '../../../activities/cluster/kube-error.ts';
import type { DaemonSet, Pod } from '../../../activities/cluster/objects.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { emptyRecord } from '../../../domain/record.ts';

/** What is in the cluster, and what may not be read. */
export interface FakeCluster {
  pods: Pod[];
  /** Log by `pod/container/previous|current`; others are answered with 400, as a kubelet does. */
  logs?: Record<string, string>;
  events?: object[];
  /** Part of a path that is forbidden, or never answered. */
  forbidden?: string;
  silent?: string;
}

/** The DaemonSet that everything is about. */
export const ref = { cluster: 'prod', namespace: 'monitoring', name: 'agent' };

const daemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: {
    name: 'agent',
    namespace: 'monitoring',
    uid: 'ds',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { 'nodewave.dev/application': 'agents' },
  },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: {} },
} as DaemonSet;

const template = (image: string) => ({ spec: { containers: [{ name: 'agent', image }] } });

const record = {
  ...emptyRecord('agents', 'ds'),
  target: { commit: 'c2', templateDigest: 't2', quarantineKey: 'q', hash: 'new' },
  good: [{ commit: 'c1', revision: 'r1', hash: 'old', templateDigest: 't1', atMs: 1 }],
  templates: { t1: template('agent:1'), t2: template('agent:2') },
};

/** A pod of the DaemonSet; without a status it is well. */
export function pod(node: string, hash: 'old' | 'new', status: object = {}, metadata: object = {}): Pod {
  return {
    metadata: {
      name: `agent-${node}`,
      namespace: 'monitoring',
      uid: `uid-${node}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { app: 'agent', 'controller-revision-hash': hash },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'ds', controller: true }],
      ...metadata,
    },
    spec: { nodeName: node, containers: [{ name: 'agent', image: 'agent:2' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], ...status },
  } as Pod;
}

/** Status of a pod whose one container is in trouble. */
export const trouble = (container: object, phase = 'Running') => ({
  phase,
  conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'not ready' }],
  containerStatuses: [{ name: 'agent', image: 'agent:2', restartCount: 0, ...container }],
});

/** A container that ended and waits for its next try. */
export const crashed = {
  restartCount: 2,
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
  lastState: { terminated: { exitCode: 3, reason: 'Error' } },
};

/** A client of it; `asked` lists the paths in order. */
export function fakeCluster(cluster: FakeCluster): { client: ClusterClient; asked: string[] } {
  const asked: string[] = [];
  const objects: Record<string, object> = {
    [paths.daemonSet(ref)]: daemonSet,
    [paths.record(ref)]: { metadata: { name: 'r', resourceVersion: '1' }, data: { record: JSON.stringify(record) } },
    ...Object.fromEntries(cluster.pods.map((one) => [paths.pod('monitoring', one.metadata.name), one])),
    ...Object.fromEntries(nodesOf(cluster).map((node) => [paths.node(node.metadata.name), node])),
  };
  const arrive = async (verb: string, path: string, signal?: AbortSignal): Promise<void> => {
    asked.push(path);
    if (cluster.silent !== undefined && path.includes(cluster.silent)) {
      await new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    }
    if (cluster.forbidden === undefined || !path.includes(cluster.forbidden)) return;
    const resource = path.endsWith('/log') ? 'pods/log' : 'events';
    const message = `forbidden: User "nodewave" cannot ${verb} resource "${resource}" in API group "" in the namespace "monitoring"`;
    throw answerError({ verb, path }, 403, JSON.stringify({ message }));
  };
  const client = {
    get: async (path: string, { signal }: { signal?: AbortSignal } = {}) => {
      await arrive('get', path, signal);
      return objects[path] ?? null;
    },
    list: async (
      path: string,
      options: { project: (raw: object) => unknown; fieldSelector?: string; signal?: AbortSignal },
    ) => {
      await arrive('list', path, options.signal);
      const of = { [paths.pods('monitoring')]: cluster.pods, [paths.nodes()]: nodesOf(cluster) }[path];
      const items = of ?? eventsOf(cluster, path, options.fieldSelector ?? '');
      return { items: items.map((item) => options.project(item)), resourceVersion: '1' };
    },
    text: async (path: string, { query, signal }: { query: Record<string, unknown>; signal?: AbortSignal }) => {
      await arrive('get', path, signal);
      const key = `${path.split('/').at(-2)}/${query.container}/${query.previous ? 'previous' : 'current'}`;
      const text = cluster.logs?.[key];
      if (text === undefined) throw answerError({ verb: 'get', path }, 400, '{"message": "not found"}');
      return text;
    },
  } as unknown as ClusterClient;
  return { client, asked };
}

function nodesOf({ pods }: FakeCluster) {
  return [...new Set(pods.map((one) => one.spec?.nodeName ?? ''))].map((name) => ({
    metadata: { name, uid: name, labels: { 'kubernetes.io/arch': 'amd64' } },
    status: { conditions: [{ type: 'Ready', status: 'True' }], allocatable: { cpu: '2' } },
  }));
}

function eventsOf({ events = [] }: FakeCluster, path: string, selector: string): object[] {
  const [, kind] = /involvedObject.kind=(\w+)/.exec(selector) ?? [];
  const [, name] = /involvedObject.name=([\w-]+)/.exec(selector) ?? [];
  const all = events as { involvedObject: { kind: string; name: string; namespace: string } }[];
  return all.filter(
    ({ involvedObject: about }) =>
      about.kind === kind && about.name === name && path.includes(`/namespaces/${about.namespace}/`),
  );
}

/** An event as the API server keeps it. */
export function event(kind: string, name: string, reason: string, message: string, at: object): object {
  const namespace = kind === 'Node' ? 'default' : 'monitoring';
  return {
    metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
    involvedObject: { kind, name, namespace },
    reason,
    message,
    ...at,
  };
}
