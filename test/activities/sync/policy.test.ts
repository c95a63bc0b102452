import { describe, expect, test } from 'vitest';
import { paths } from '../../../activities/cluster/paths.ts';
import { daemonSet, failureOf, kubectlApply, makeWorld, nodeCount, type World } from './support.ts';

const annotated = (annotations: Record<string, string>, change: Parameters<typeof daemonSet>[0] = {}) =>
  daemonSet({ ...change, metadata: { annotations } });

const policy = (rollout: object, selector: object = { names: ['agent'] }) => ({
  apiVersion: 'nodewave.dev/v1alpha1',
  kind: 'RolloutPolicy',
  metadata: { name: 'agents' },
  spec: { selector, rollout },
});

const prepare = (world: World, ...documents: object[]) =>
  world.activities.prepareSync({ spec: world.spec, commit: world.commit(...documents) });

async function adopted(): Promise<World> {
  const world = await makeWorld();
  await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet());
  await world.rolledOut();
  const plan = await prepare(world, daemonSet());
  await world.activities.applySync({ spec: world.spec, plan });
  return world;
}

describe('the policy of a DaemonSet', () => {
  test('is in the plan only where it differs from that of the application', async () => {
    const world = await makeWorld();
    const [same] = (await prepare(world, daemonSet())).daemonSets;
    expect(same).not.toHaveProperty('policy');
    const [one] = (await prepare(world, annotated({ 'nodewave.dev/max-unavailable': '3' }))).daemonSets;
    expect(one?.policy).toEqual({ ...world.spec.rollout, maxUnavailable: 3 });
    const [stated] = (await prepare(world, annotated({ 'nodewave.dev/max-restarts': '2' }))).daemonSets;
    expect(stated).not.toHaveProperty('policy');
  });

  test('a RolloutPolicy is taken into the plan and is no object of the cluster', async () => {
    const world = await makeWorld();
    const plan = await prepare(world, daemonSet(), policy({ maxRestarts: 0 }));
    expect(plan.daemonSets).toMatchObject([{ policy: { maxRestarts: 0 } }]);
    expect(plan.others).toEqual({ create: 0, configure: 0, unchanged: 0 });
  });

  test('an annotation that nobody knows stops the commit, with its line', async () => {
    const world = await makeWorld();
    const failure = await failureOf(
      Promise.resolve().then(() => prepare(world, annotated({ 'nodewave.dev/max-unavailble': '3' }))),
    );
    expect(failure.message).toContain(
      'prod/0.yaml:1: metadata.annotations["nodewave.dev/max-unavailble"]: unknown annotation; did you mean nodewave.dev/max-unavailable?',
    );
  });

  test('gates are taken into the plan; one for a batch that its DaemonSet does not have stops the commit', async () => {
    const world = await makeWorld();
    const gates = (batch: string) => policy({ gates: [{ name: 'still', pods: {}, batches: [batch] }] });
    const plan = await prepare(world, daemonSet(), gates('all'));
    expect(plan.daemonSets).toMatchObject([{ policy: { gates: [{ name: 'still', kind: 'pods', batches: ['all'] }] } }]);
    const other = annotated({ 'nodewave.dev/batches': '[{name: first, nodes: 1}, {nodes: 100%}]' });
    const failure = await failureOf(Promise.resolve().then(() => prepare(world, other, gates('all'))));
    expect(failure.code).toBe('BadInput');
    expect(failure.message).toContain(
      `prod/1.yaml:1: spec.rollout.gates: gate still: there is no batch "all"; expected one of first, batch 2 (batches of ${world.namespace}/agent)`,
    );
  });

  test('changing a policy restarts no pod, and its annotations are not drift', async () => {
    const world = await adopted();
    const before = (await world.pods()).map((pod) => pod.metadata.uid).sort();
    const generation = (await world.daemonSet())?.metadata.generation;
    const marked = annotated({ 'nodewave.dev/max-unavailable': '3' });
    const plan = await prepare(world, marked);
    expect(plan.daemonSets).toMatchObject([{ verdict: 'configure', policy: { maxUnavailable: 3 } }]);
    await world.activities.applySync({ spec: world.spec, plan });
    expect((await prepare(world, marked)).daemonSets).toMatchObject([{ verdict: 'unchanged' }]);
    expect((await prepare(world, marked, policy({ onFailure: 'pause' }))).daemonSets).toMatchObject([
      { verdict: 'unchanged', policy: { maxUnavailable: 3, onFailure: 'pause' } },
    ]);
    expect((await world.daemonSet())?.metadata.generation).toBe(generation);
    expect((await world.pods()).map((pod) => pod.metadata.uid).sort()).toEqual(before);
  });

  test('too many that differ from the application are refused: they enter workflow history', async () => {
    const world = await makeWorld();
    const batches = Array.from({ length: 99 }, (_, index) => ({ name: `${'x'.repeat(50)} ${index}`, nodes: 1 }));
    const many = Array.from({ length: 5 }, (_, index) => daemonSet({ name: `agent-${index}` }));
    const selector = { matchExpressions: [{ key: 'none', operator: 'DoesNotExist' }] };
    const failure = await failureOf(prepare(world, ...many, policy({ batches }, selector)));
    expect(failure.code).toBe('BadInput');
    expect(failure.message).toContain('the policies of 5 DaemonSets that differ from spec.rollout');
  });
});

describe('the preview', () => {
  test('has the batches on the nodes of now, and the sources that the application does not have', async () => {
    const world = await adopted();
    const batches = [{ name: 'canary', nodes: 1, soak: '1m' }, { nodes: '50%' }, { nodes: '100%' }];
    const preview = await world.activities.previewSync({
      spec: world.spec,
      commit: world.commit(
        annotated({ 'nodewave.dev/max-unavailable': '3' }, { image: 'registry.example.com/agent:2' }),
        policy({ batches }),
      ),
    });
    expect(preview.batchPlans).toMatchObject([
      {
        name: 'agent',
        budget: 3,
        census: { eligible: nodeCount },
        batches: [
          { name: 'canary', goal: 1 },
          { name: 'batch 2', goal: nodeCount / 2 },
          { name: 'batch 3', goal: nodeCount },
        ],
      },
    ]);
    expect(preview.policySources).toEqual([
      {
        namespace: world.namespace,
        name: 'agent',
        sources: {
          batches: {
            kind: 'RolloutPolicy',
            name: 'agents',
            field: 'spec.rollout.batches',
            file: 'prod/1.yaml',
            line: 1,
          },
          maxUnavailable: {
            kind: 'annotation',
            field: 'metadata.annotations["nodewave.dev/max-unavailable"]',
            file: 'prod/0.yaml',
            line: 1,
          },
        },
      },
    ]);
  });

  test('of a commit that replaces no pod there are no batches', async () => {
    const world = await adopted();
    const preview = await world.activities.previewSync({ spec: world.spec, commit: world.commit(daemonSet()) });
    expect(preview.batchPlans).toEqual([]);
    expect(preview.policySources).toEqual([]);
  });
});

describe('S6: maxSurge', () => {
  const surge = { updateStrategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } } };

  test('becomes the budget where the policy has none, and the plan says so', async () => {
    const world = await makeWorld();
    const plan = await prepare(world, daemonSet({ spec: surge }));
    expect(plan.daemonSets).toMatchObject([{ maxUnavailable: '25%' }]);
    expect(plan.warnings).toEqual([
      `DaemonSet ${world.namespace}/agent: maxSurge: 25% cannot be kept: under OnDelete a node's old pod goes before its new one comes. Instead at most 25% of the nodes are out at once (the same number as maxUnavailable)`,
    ]);
  });

  test('a policy decides over it, and host ports could not have surged anyway', async () => {
    const world = await makeWorld();
    const container = { ports: [{ containerPort: 9100, hostPort: 9100 }] };
    const plan = await prepare(world, daemonSet({ spec: surge, container }), policy({ maxUnavailable: 1 }));
    expect(plan.warnings).toEqual([
      `DaemonSet ${world.namespace}/agent: maxSurge: 25% cannot be kept: under OnDelete a node's old pod goes before its new one comes. Instead at most 1 node is out at once (maxUnavailable of its policy). Two of its pods could not have run on one node anyway: they use port 9100 of the node`,
    ]);
  });
});
