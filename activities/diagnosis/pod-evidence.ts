import { shown } from '../../domain/diagnosis/clean.ts';
import type { PodEvidence } from '../../domain/diagnosis/types.ts';
import type { DaemonSetRef } from '../../domain/ids.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { podView } from '../cluster/project.ts';
import { readEvents } from './events.ts';
import type { Gaps } from './gaps.ts';
import { readLog, worthReading } from './logs.ts';
import type { Subject } from './subjects.ts';

/** Most characters of a status text, entries of a list, and containers. */
const kept = { text: 1_000, entries: 10, containers: 10 } as const;

/** What evidence is read with. */
export interface Reading {
  client: ClusterClient;
  ref: DaemonSetRef;
  /** Older events are of another release. */
  sinceMs: number;
  signal: AbortSignal;
  gaps: Gaps;
}

type RawContainer = { name: string; resources?: { limits?: Quantities; requests?: Quantities } };
type Quantities = Record<string, string>;

/** Everything about one pod. One that is gone, or was never created, still has events and what the gate said of it. */
export async function podEvidence(reading: Reading, subject: Subject): Promise<PodEvidence> {
  const { client, ref, signal, gaps, sinceMs } = reading;
  const { namespace } = ref;
  const events = (kind: 'Pod' | 'DaemonSet' | 'Node', name: string, where: string) =>
    gaps.unless('events', [], () => readEvents(client, { kind, namespace: where, name }, sinceMs, signal));
  const [raw, ofPod, ofDaemonSet, ofNode] = await Promise.all([
    subject.pod === null
      ? null
      : gaps.unless(`pod ${subject.name}`, null, () => client.get<Pod>(paths.pod(namespace, subject.name), { signal })),
    subject.name === '' ? [] : events('Pod', subject.name, namespace),
    events('DaemonSet', ref.name, namespace),
    // Nodes have no namespace; their events are in this one.
    subject.node === '' ? [] : events('Node', subject.node, 'default'),
  ]);
  // The pod may have been replaced since it was listed, by one of the same name at most when it is not a DaemonSet's.
  const view = raw === null ? subject.pod : podView(raw);
  const containers = (view?.containers ?? []).slice(0, kept.containers);
  const name = { namespace, name: subject.name };
  const logs = await Promise.all(
    (raw === null ? [] : worthReading(containers)).map(async (container) => {
      const lines = await gaps.unless('logs', [], () => readLog(client, name, container, signal));
      return [container.name, lines] as const;
    }),
  );
  const gone = view === null ? goneWith(subject) : {};
  return {
    pod: subject.name,
    node: subject.node,
    namespace,
    daemonset: ref.name,
    phase: view?.phase ?? '',
    ...withText('reason', view?.reason),
    ...withText('message', view?.message),
    ...gone,
    conditions: conditionsOf(raw),
    containers: containers.map((container) => ({
      ...container,
      image: shown(container.image, 300),
      ...withText('waitingMessage', container.waitingMessage),
      ...(container.terminated === undefined
        ? {}
        : { terminated: { ...container.terminated, ...withText('message', container.terminated.message) } }),
    })),
    limits: quantities(raw, 'limits'),
    requests: quantities(raw, 'requests'),
    logs: Object.fromEntries(logs.filter(([, lines]) => lines.length > 0)),
    events: [...ofPod, ...ofDaemonSet, ...ofNode],
    finalizers: (raw?.metadata.finalizers ?? []).slice(0, kept.entries).map((text) => shown(text, 200)),
    ...deletion(raw),
  };
}

/** The controller removes a pod that failed at once; what the gate saw of it is all that is left. */
function goneWith({ finding, name }: Subject): { phase: string; message: string } | object {
  if (finding === undefined || name === '') return {};
  return {
    ...(finding.cause === 'PodFailed' ? { phase: 'Failed' } : {}),
    reason: finding.cause,
    message: shown(finding.evidence, kept.text),
  };
}

function withText<K extends string>(key: K, text: string | undefined): Partial<Record<K, string>> {
  return text === undefined || text === '' ? {} : ({ [key]: shown(text, kept.text) } as Record<K, string>);
}

function conditionsOf(raw: Pod | null): PodEvidence['conditions'] {
  return (raw?.status?.conditions ?? [])
    .filter(({ status }) => status !== 'True')
    .slice(0, kept.entries)
    .map(({ type, reason = '', message = '' }) => ({ type, reason, message: shown(message, kept.text) }));
}

function quantities(raw: Pod | null, of: 'limits' | 'requests'): Record<string, Quantities> {
  const spec = raw?.spec as { containers?: RawContainer[]; initContainers?: RawContainer[] } | undefined;
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].slice(0, kept.containers);
  return Object.fromEntries(
    all.flatMap(({ name, resources }) => (resources?.[of] === undefined ? [] : [[name, resources[of]]])),
  );
}

/** `deletionTimestamp` is when the grace period ends, not when the pod was asked to go. */
function deletion(raw: Pod | null): { terminatingSinceMs?: number; graceSeconds?: number } {
  if (raw?.metadata.deletionTimestamp === undefined) return {};
  const { deletionTimestamp, deletionGracePeriodSeconds: graceSeconds = 0 } = raw.metadata;
  return { terminatingSinceMs: Date.parse(deletionTimestamp) - graceSeconds * 1_000, graceSeconds };
}
