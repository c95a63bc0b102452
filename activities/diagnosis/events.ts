import { shown } from '../../domain/diagnosis/clean.ts';
import type { PodEvidence } from '../../domain/diagnosis/types.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { paths } from '../cluster/paths.ts';

type SeenEvent = PodEvidence['events'][number];

/** Events that only say that all is well, and there are many of them. */
const routine = ['SuccessfulCreate', 'SuccessfulDelete', 'Scheduled', 'Created', 'Started', 'Pulled'];

/** Most events of one object, and characters of a message. */
const kept = { pod: 8, daemonset: 5, node: 4, text: 600 } as const;

/** An object whose events are wanted. */
export interface About {
  kind: 'Pod' | 'DaemonSet' | 'Node';
  namespace: string;
  name: string;
}

/** core/v1 Event; those that the newer API writes have `eventTime` and `series` instead of `lastTimestamp` and `count`. */
interface RawEvent {
  metadata: { creationTimestamp: string };
  reason?: string;
  message?: string;
  count?: number;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string } | null;
}

/**
 * Newest events of one object since `sinceMs`, routine ones left out. The API server can neither sort nor limit to the newest, so
 * all of the object's are read; it keeps them for an hour.
 */
export async function readEvents(
  client: ClusterClient,
  about: About,
  sinceMs: number,
  signal: AbortSignal,
): Promise<SeenEvent[]> {
  const kind = about.kind.toLowerCase() as SeenEvent['about'];
  const { items } = await client.list(paths.events(about.namespace), {
    fieldSelector: [
      `involvedObject.kind=${about.kind}`,
      `involvedObject.name=${about.name}`,
      ...routine.slice(0, 2).map((reason) => `reason!=${reason}`),
    ].join(','),
    signal,
    project: (raw: RawEvent) => ({
      atMs: Date.parse(
        raw.series?.lastObservedTime ?? raw.lastTimestamp ?? raw.eventTime ?? raw.metadata.creationTimestamp,
      ),
      reason: raw.reason ?? '',
      message: raw.message ?? '',
      count: raw.series?.count ?? raw.count ?? 1,
    }),
  });
  return items
    .filter(({ atMs, reason }) => atMs >= sinceMs && !routine.includes(reason))
    .toSorted((a, b) => b.atMs - a.atMs)
    .slice(0, kept[kind])
    .map(({ reason, message, count }) => ({ reason, message: shown(message, kept.text), count, about: kind }));
}
