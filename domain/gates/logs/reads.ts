import { sampled } from '../placeholders.ts';
import type { GatePod, GateScene, GateTally } from '../types.ts';

/** How much may be read. */
export interface ReadRule {
  /** Most pods of one look, of the batch and of the rest each. */
  pods: number;
  compare: 'updated-vs-rest' | 'none';
}

/** Over a whole rollout. */
const mostPerNode = 2;

/** The first batch is often one node; one pod alone is a poor witness of what has always been logged. */
const controlsOfFirstBatch = 3;

/** The last look is this long before the end of the soak, so that it is over by then. */
const marginMs = 5_000;

/**
 * Requests that the looks at one batch may make together: two for each of its nodes. The first batch has those of a last node on top,
 * after which nothing is compared.
 */
export function allowance({ compare }: ReadRule, scene: GateScene): number {
  const borrowed = compare === 'updated-vs-rest' && isFirstBatch(scene) ? mostPerNode : 0;
  return mostPerNode * scene.fresh.length + borrowed;
}

/** Whose logs this look reads: all sampled pods of the batch, and once the gate has passed a quarter of as many, others each time. */
export function lookedAt(rule: ReadRule, scene: GateScene): GatePod[] {
  const { requests, fresh } = scene;
  return requests === undefined ? sampled(fresh, rule.pods) : turned(fresh, requests).slice(0, later(rule, scene));
}

/** Pods on last good to hold it against; they are read only where an updated pod logs something that counts. */
export function controlsOf(rule: ReadRule, scene: GateScene): GatePod[] {
  const { requests, fresh, rest } = scene;
  if (rule.compare === 'none') return [];
  if (requests !== undefined) {
    const left = Math.max(1, allowance(rule, scene) - requests - later(rule, scene));
    return turned(rest, requests).slice(0, Math.min(rule.pods, left));
  }
  const least = isFirstBatch(scene) ? controlsOfFirstBatch : 1;
  return sampled(rest, Math.min(rule.pods, Math.max(least, fresh.length)));
}

/**
 * Whether a gate that has passed waits with its next look: what is left of its requests is spread over the soak, the last look just before
 * its end, and when they are used up there is no further one.
 */
export function restsNow(rule: ReadRule, scene: GateScene, { lastMs, requests = 0 }: GateTally): boolean {
  const few = later(rule, scene);
  // Of the last look it is not known whether it has to be compared.
  const least = few + (rule.compare === 'none' ? 0 : Math.min(few, scene.rest.length));
  const left = allowance(rule, scene) - requests;
  if (left < least) return true;
  const looks = 1 + Math.floor((left - least) / few);
  const sinceMs = lastMs ?? scene.sinceMs;
  const untilMs = scene.sinceMs + (scene.soakMs ?? 0) - marginMs;
  return scene.nowMs < sinceMs + (untilMs - sinceMs) / looks;
}

/** Pods of a look once the gate has passed. */
function later({ pods }: ReadRule, { fresh }: GateScene): number {
  return Math.max(1, Math.ceil(Math.min(pods, fresh.length) / 4));
}

function isFirstBatch({ updated, fresh }: GateScene): boolean {
  return updated.length === fresh.length;
}

/** In the order of their nodes, beginning elsewhere each time. */
function turned(pods: readonly GatePod[], by: number): GatePod[] {
  const sorted = sampled(pods, pods.length);
  const at = sorted.length === 0 ? 0 : by % sorted.length;
  return [...sorted.slice(at), ...sorted.slice(0, at)];
}
