import type { ContainerView, PodView } from '../cluster/view.ts';
import { restartsOf } from './judge.ts';
import type { SoakingPod } from './step-types.ts';

/** How often a soak may start anew before a person is asked: pods that never come to rest would soak for ever. */
export const soakStartsMost = 10;

/** A soak that nobody looked at for longer than this after it was to begin begins when somebody does. */
const lateMs = 10_000;

/** Most pods remembered for a worker that takes over; of pods beyond them it cannot tell what it has missed. */
const keptPods = 300;

/** Why a soak started anew, the last time. */
export interface SoakAnew {
  atMs: number;
  /** How often it has started anew so far. */
  times: number;
  /** A few words for people: which container or pod on which node. */
  why: string;
}

/** When a soak ends, as people see it. */
export interface SoakEnd {
  untilMs: number;
  anew?: SoakAnew;
}

/** What a worker that takes a soak over has to know, as a heartbeat carries it: plain JSON, and small. */
export interface KeptSoak extends SoakEnd {
  /** Pods that have restarted or lost their readiness since the soak was to begin: uid, restarts, Ready since. */
  pods: [uid: string, restarts: number, readySinceMs: number][];
}

/** The clock of one soak (S23). Milliseconds are of the worker's own clock. */
export interface SoakClock extends SoakEnd {
  soakMs: number;
  /** When the soak was to begin. */
  startedMs: number;
  /** What each node's pod was like when it was last seen; `null` before the first look. */
  before: ReadonlyMap<string, SoakingPod> | null;
  /** What another worker had seen. */
  kept: KeptSoak | null;
}

/**
 * A clock that nobody has looked at yet.
 * @param kept what the newest heartbeat of another worker says; null where there was none
 */
export function startSoak(untilMs: number, soakMs: number, kept: KeptSoak | null): SoakClock {
  const end = kept === null ? { untilMs } : { untilMs: kept.untilMs, ...(kept.anew ? { anew: kept.anew } : {}) };
  return { ...end, soakMs, startedMs: untilMs - soakMs, before: null, kept };
}

/**
 * The clock after a look at the batch's pods. A restart, a pod that was replaced and one that was unavailable start the soak anew,
 * and while a pod is unavailable no time counts: a soak is `soakMs` on end in which every pod was well (S23, S24).
 */
export function tickSoak(clock: SoakClock, pods: readonly SoakingPod[], nowMs: number): SoakClock {
  // Gates alone may be waited for, without any soak.
  if (clock.soakMs === 0) return clock;
  const found = pods.map((one) => disturbance(clock, one)).filter((why) => why !== null);
  const isLate = clock.before === null && clock.kept === null && nowMs - clock.startedMs > lateMs;
  if (isLate) found.unshift('nobody had watched it until then');
  const [first] = found;
  const isDown = pods.some((one) => !one.available);
  // A node keeps its place while it has no pod: what comes in its stead is another one.
  const before = new Map([...(clock.before ?? []), ...pods.map((one) => [one.pod.node, one] as const)]);
  const next = { ...clock, before };
  // Who rests on the batch, with a person to decide, watches for longer than its soak.
  const untilMs = Math.max(clock.untilMs, nowMs + clock.soakMs);
  if (first === undefined) return isDown ? { ...next, untilMs } : next;
  const why = found.length === 1 ? first : `${first} (and ${found.length - 1} more)`;
  const anew = { atMs: nowMs, times: (clock.anew?.times ?? 0) + 1, why };
  return { ...next, untilMs, anew };
}

/** Whether the batch has soaked for as long as it has to. */
export function isSoaked(clock: SoakClock, nowMs: number): boolean {
  return nowMs >= clock.untilMs;
}

/** What a heartbeat keeps of the clock. */
export function keptSoak(clock: SoakClock): KeptSoak {
  const pods = [...(clock.before?.values() ?? [])]
    .filter(({ pod }) => standsOut(clock, pod))
    .map(({ pod }): KeptSoak['pods'][number] => [pod.uid, restartsOf(pod), pod.readySinceMs ?? 0]);
  return { ...soakEnd(clock), pods: pods.slice(0, keptPods) };
}

/** When the soak ends, and why not earlier. */
export function soakEnd({ untilMs, anew }: SoakClock): SoakEnd {
  return { untilMs, ...(anew === undefined ? {} : { anew }) };
}

/** What to ask a person whose pods do not come to rest, as a sentence; null as long as that need not be asked. */
export function restless({ anew }: SoakEnd): string | null {
  if (anew === undefined || anew.times < soakStartsMost) return null;
  return `the batch does not come to rest: its soak has started anew ${anew.times} times, the last time because ${anew.why}; resume lets it soak again, rollback takes it back`;
}

/** What has happened to a pod since the look before, in a few words; null when nothing has. */
function disturbance(clock: SoakClock, one: SoakingPod): string | null {
  const { pod } = one;
  const where = `on node ${pod.node}`;
  const before = clock.before?.get(pod.node);
  if (before === undefined) return clock.before === null ? missed(clock, one) : null;
  if (before.pod.uid !== pod.uid) return `the pod ${where} was replaced`;
  if (restartsOf(pod) > restartsOf(before.pod)) return restarted(pod, before.pod);
  const lost = before.available && !one.available;
  // Too short for a look in between: Ready tells of it, whatever the clock that it was written by.
  const blinked = before.available && pod.ready && pod.readySinceMs !== before.pod.readySinceMs;
  return lost || blinked ? `the pod ${where} was not available` : null;
}

/** What another worker has not seen any more. What it had seen is in the end of the soak already. */
function missed({ startedMs, kept }: SoakClock, { pod }: SoakingPod): string | null {
  if (kept === null || !standsOut({ startedMs }, pod)) return null;
  const [, restarts = 0, readySinceMs] = kept.pods.find(([uid]) => uid === pod.uid) ?? [];
  if (restartsOf(pod) > restarts) return restarted(pod, null);
  return (pod.readySinceMs ?? 0) === (readySinceMs ?? 0) ? null : `the pod on node ${pod.node} was not available`;
}

function standsOut({ startedMs }: Pick<SoakClock, 'startedMs'>, pod: PodView): boolean {
  return restartsOf(pod) > 0 || (pod.readySinceMs ?? 0) > startedMs;
}

function restarted(pod: PodView, before: PodView | null): string {
  const grown = (container: ContainerView): number =>
    container.restartCount - (before?.containers.find(({ name }) => name === container.name)?.restartCount ?? 0);
  const [most] = [...pod.containers].sort((a, b) => grown(b) - grown(a));
  const { exitCode, reason } = most?.terminated ?? {};
  const how = exitCode === undefined ? '' : ` after exit code ${exitCode}${reason === undefined ? '' : ` (${reason})`}`;
  return `container ${most?.name ?? ''} on node ${pod.node} restarted${how}`;
}
