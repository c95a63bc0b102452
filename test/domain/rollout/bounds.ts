import type { NodeView, PodView } from '../../../domain/cluster/view.ts';
import type { RolloutPolicy } from '../../../domain/rollout/policy.ts';
import type { World } from './simulator.ts';

/** The bounds of a policy that a simulated rollout is held against, apart from its budget. */
export interface Bounds {
  perZone?: number;
  podsPerMinute?: number;
  rampStart?: number;
  failureBudget?: number;
  /** Name of a node that is never taken. */
  exclude?: string;
  cordoned?: 'skip' | 'last';
  spread?: boolean;
}

const zone = 'topology.kubernetes.io/zone';

/** The policy that says what the bounds say. */
export function policyWith(bounds: Bounds): Partial<RolloutPolicy> {
  const { perZone, podsPerMinute, rampStart, failureBudget, exclude, cordoned, spread } = bounds;
  return {
    ...(perZone === undefined ? {} : { maxUnavailablePer: [{ key: zone, max: perZone }] }),
    ...(podsPerMinute === undefined ? {} : { podsPerMinute }),
    ...(rampStart === undefined ? {} : { ramp: { startWith: rampStart } }),
    ...(failureBudget === undefined ? {} : { failureBudget }),
    ...(exclude === undefined ? {} : { exclude: { names: [exclude] } }),
    ...(cordoned === undefined ? {} : { cordoned }),
    ...(spread === true ? { spread: zone } : {}),
    // Far beyond what a simulated pod takes, and not needed for a rollout to end.
    progressDeadlineMs: 3_600_000,
  };
}

/** What is wrong with deleting this pod now, by the marks of its node and the bounds of the policy; null when nothing is. */
export function brokenBound(world: World, pod: PodView, node: NodeView): string | null {
  const { bounds } = world.setting;
  const forward = world.direction === 'forward';
  if (node.labels['nodewave.dev/hold'] !== undefined) return 'is on a node with a hold';
  if (world.marked(node)) return 'is on a node under maintenance';
  if (forward && node.name === bounds.exclude) return 'is on an excluded node';
  if (forward && bounds.cordoned === 'skip' && node.unschedulable && !world.wasReplaced(node))
    return 'is on a cordoned node';
  if (bounds.perZone !== undefined && forward) {
    const same = world.othersOut(node).filter((other) => other.labels[zone] === node.labels[zone]);
    if (same.length >= bounds.perZone) return `is the second of its zone, ${same.map((one) => one.name)} is out`;
  }
  // What was done on a node that is gone, or gets no pod, pulls no image any more.
  const lately = world.removals.filter(
    (one) =>
      world.nowMs - one.atMs < 60_000 && world.nodes.some((other) => other.uid === one.nodeUid && !other.tainted),
  );
  if (bounds.podsPerMinute !== undefined && lately.length >= bounds.podsPerMinute) {
    return `is number ${lately.length + 1} within a minute`;
  }
  if (bounds.rampStart !== undefined && forward) {
    const flying = world.nodes.filter(
      (other) => world.wasReplaced(other) && !other.tainted && !world.available(other) && !world.broken(other),
    );
    const allowed = bounds.rampStart + world.everArrived.size;
    if (flying.length >= allowed) return `is number ${flying.length + 1} on its way, ${allowed} may be`;
  }
  return pod.hash === (forward ? 'new' : 'old') ? 'runs what it is to run' : null;
}
