import type { GateReport } from '../domain/gates/types.ts';
import type { SoakEnd } from '../domain/rollout/soak-clock.ts';
import type { NodeAside, Progress } from '../domain/wire.ts';
import type { TemporalAccess } from './connection.ts';

/** How far the running batch or soak is, from its activity's newest heartbeat. */
export interface LiveProgress {
  /** When Temporal got the heartbeat. */
  atMs: number;
  /** The worker tries again after an error or a crash; 1 for the first attempt. */
  attempt: number;
  progress: Progress;
  zones: { value: string; eligible: number; done: number }[];
  /** Names of nodes that are set aside, bounded. */
  deferred: string[];
  /** The same with reasons, and nodes that keep what they run; absent from older workers. */
  aside?: NodeAside[];
  /** Set while so many nodes are down that nothing is deleted or concluded. */
  outage: string | null;
  /** Set while nodes that are out for other reasons use the whole budget up. */
  blocked: string | null;
  /** When the soak ends that runs now, and why not earlier; absent while none runs, and from older workers. */
  soak?: SoakEnd;
  /** How its gates stand now; absent where there are none, and from older workers. */
  gates?: GateReport[];
}

/** The parts of Temporal's PendingActivityInfo that are read here. */
interface PendingActivity {
  activityType?: { name?: string | null } | null;
  heartbeatDetails?: { payloads?: Payload[] | null } | null;
  lastHeartbeatTime?: { seconds?: unknown } | null;
  attempt?: number | null;
}

type Payload = Parameters<
  TemporalAccess['client']['options']['loadedDataConverter']['payloadConverter']['fromPayload']
>[0];

const longActivities = ['runBatch', 'watchSoak'];

/** Reads the heartbeat of a rollout's batch or soak; null when none runs, or when it has not reported yet. */
export async function liveProgressOf(
  access: TemporalAccess,
  pending: readonly PendingActivity[],
): Promise<LiveProgress | null> {
  const activity = pending.find((one) => longActivities.includes(one.activityType?.name ?? ''));
  const payload = activity?.heartbeatDetails?.payloads?.[0];
  if (activity === undefined || payload === undefined) return null;
  try {
    return readHeartbeat(await decode(access, payload), activity);
  } catch {
    // A payload of another version, or without the codec: the workflow's own answer still stands.
    return null;
  }
}

async function decode(access: TemporalAccess, payload: Payload): Promise<unknown> {
  const { payloadCodecs, payloadConverter } = access.client.options.loadedDataConverter;
  let payloads = [payload];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  const [plain] = payloads;
  return plain === undefined ? undefined : payloadConverter.fromPayload(plain);
}

function readHeartbeat(details: unknown, activity: PendingActivity): LiveProgress | null {
  if (typeof details !== 'object' || details === null) return null;
  const { progress, zones, deferred, aside, outage, blocked, soak } = details as Partial<LiveProgress>;
  const { reports } = (details as { gates?: { reports?: GateReport[] } }).gates ?? {};
  if (typeof progress?.done !== 'number') return null;
  return {
    atMs: Number(activity.lastHeartbeatTime?.seconds ?? 0) * 1000,
    attempt: activity.attempt ?? 1,
    progress,
    zones: zones ?? [],
    deferred: deferred ?? [],
    ...(aside === undefined ? {} : { aside }),
    outage: outage ?? null,
    blocked: blocked ?? null,
    ...(Array.isArray(reports) ? { gates: reports } : {}),
    ...(typeof soak?.untilMs === 'number'
      ? { soak: { untilMs: soak.untilMs, ...(soak.anew ? { anew: soak.anew } : {}) } }
      : {}),
  };
}
