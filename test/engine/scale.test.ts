import { expect } from 'vitest';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import { paged, told } from './around.ts';
import { scenarios } from './scenario.ts';

const nodes = 300;

/** What the worker asked of the API server: method, path without names that differ from node to node. */
const asked = new Map<string, number>();
let pages = 0;

const count = (what: string): void => {
  asked.set(what, (asked.get(what) ?? 0) + 1);
};
const requests = (pattern: RegExp): number =>
  [...asked].filter(([what]) => pattern.test(what)).reduce((sum, [, times]) => sum + times, 0);

const scenario = scenarios([], {
  around: (client) =>
    told(
      paged(client, 100, () => {
        pages += 1;
      }),
      (method, path) => count(`${method} ${path.replace(/\/(pods|nodes)\/[^/]+/, '/$1/NAME')}`),
    ),
  // What a rollout of a few batches does not reach in one run.
  temporalArgs: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=40'],
});

scenario(
  'S47: hundreds of nodes are listed in pages and watched, none is asked for by itself, and it goes on as new in the middle',
  { nodes, budget: 60 },
  async (scene) => {
    await scene.install('scale:1');
    asked.clear();
    pages = 0;
    const startedMs = Date.now();
    const batches = [
      { name: 'canary', nodes: 10, soakMs: 1_000, approval: 'after' as const },
      ...[30, 60, 90].map((nodes) => ({ name: `${nodes}`, nodes, soakMs: 1_000 })),
      { name: 'all', nodes: '100%' as const, soakMs: 1_000 },
    ];
    const rollout = await scene.rollout('scale:2', { policy: { batches } });
    const { planDigest } = await rollout.reaches('awaitingApprovalAfter');
    await rollout.send('approve', { plan: planDigest });
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'scale:2': nodes });

    const all = JSON.stringify(Object.fromEntries(asked), null, 1);
    expect(requests(/^remove .*\/pods\/NAME$/), all).toBe(nodes);
    expect(requests(/^get .*\/(pods|nodes)\/NAME/), `nothing is asked node by node: ${all}`).toBe(0);
    // So much for each activity, whatever the number of nodes; two writes for each refill; and the DaemonSet itself by the clock.
    const seconds = (Date.now() - startedMs) / 1_000;
    expect(requests(/^(list|watch) /), all).toBeLessThan(120);
    expect(requests(/^(apply|patch|create) /), all).toBeLessThan(1.5 * nodes);
    expect(requests(/^get /), all).toBeLessThan(100 + seconds);
    expect(pages, 'lists came in pages').toBeGreaterThan(2 * requests(/^list \/api\/v1\/nodes$/));

    const { workflow } = scene.engine.client;
    const workflowId = rolloutWorkflowId({ cluster: 'local', namespace: scene.namespace, name: 'agent' });
    const runs: { status: string; events: number }[] = [];
    for await (const run of workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
      runs.push({ status: run.status.name, events: run.historyLength ?? 0 });
    }
    expect(runs.filter(({ status }) => status === 'CONTINUED_AS_NEW').length).toBeGreaterThan(0);
    expect(Math.max(...runs.map(({ events }) => events))).toBeLessThan(100);
  },
);
