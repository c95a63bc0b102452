import type * as z from 'zod';
import { readSchema } from '../../../../domain/application/parse-mapping.ts';
import type { GateAnswer, GatePod, GateScene, GateSchedule } from '../../../../domain/gates/types.ts';

/** The pod of a node, with an address of its own. */
export function podOn(node: string, more: Partial<GatePod> = {}): GatePod {
  const name = `agent-${node}`;
  const ip = `10.0.0.${[...node].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 250, 1)}`;
  return { node, name, uid: `uid-${node}`, ip, zone: null, createdMs: 1_000, restarts: 0, available: true, ...more };
}

/** A batch of `fresh` nodes, after `earlier` ones and with `rest` still on last good. */
export function sceneOf(fresh: string[], rest: string[] = [], earlier: string[] = []): GateScene {
  const pods = fresh.map((node) => podOn(node));
  return {
    nowMs: 100_000,
    sinceMs: 50_000,
    cluster: 'prod',
    namespace: 'monitoring',
    daemonset: 'node.agent',
    commit: '0123abc',
    batch: 'canary',
    updated: [...earlier.map((node) => podOn(node)), ...pods],
    fresh: pods,
    rest: rest.map((node) => podOn(node)),
  };
}

/** Passes at once, fails at once. */
export const schedule: GateSchedule = {
  intervalMs: 10_000,
  count: 1,
  failureLimit: 0,
  consecutiveErrorLimit: 3,
  inconclusiveLimit: 3,
  initialDelayMs: 0,
  minSamples: 1,
};

/** What a schema makes of a configuration; throws with its first problem. */
export function configOf<T>(schema: z.ZodType<T>, given: unknown): T {
  const read = readSchema(schema, given);
  if ('value' in read) return read.value;
  throw new Error(read.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

/** All that is wrong with a configuration, as `field: sentence`. */
export function problemsOf<T>(schema: z.ZodType<T>, given: unknown): string[] {
  const read = readSchema(schema, given);
  return 'value' in read ? [] : read.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** An answer over HTTP. */
export function httpAnswer(status: number, body: unknown, contentType = 'application/json'): GateAnswer {
  return { form: 'http', status, contentType, body: typeof body === 'string' ? body : JSON.stringify(body) };
}
