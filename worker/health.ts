import type { FastifyInstance } from 'fastify';

/** What keeps this process from doing its work, by part; empty means ready. */
export type Problems = Record<string, string>;

/** Asks all parts; must answer within a second or two. */
export type Readiness = () => Promise<Problems>;

const keptMs = 1_000;

/** Lets many probes share one look. */
export function sharedReadiness(look: Readiness): Readiness {
  let latest: { atMs: number; problems: Promise<Problems> } | undefined;
  return () => {
    if (latest === undefined || Date.now() - latest.atMs > keptMs) latest = { atMs: Date.now(), problems: look() };
    return latest.problems;
  };
}

/**
 * Adds `/healthz` (the process lives: restarting it would not help otherwise) and `/readyz` (it can do its work: Temporal
 * answers and, with role worker, the workers run).
 */
export function addHealth(server: FastifyInstance, readiness: Readiness): void {
  server.get('/healthz', async () => ({ alive: true }));
  server.get('/readyz', async (_request, reply) => {
    const problems = await readiness();
    const ready = Object.keys(problems).length === 0;
    return reply.code(ready ? 200 : 503).send({ ready, problems });
  });
}
