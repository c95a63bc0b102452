import { describe, expect, test } from 'vitest';
import type { Grant, GrantHooks, NodeChange } from '../../../domain/record.ts';
import {
  carriedHooks,
  changesOf,
  excludeLabel,
  type HookedNode,
  hookJobName,
  hookMoves,
  hookProblem,
  needsConfirmation,
  patchToApply,
  patchToUndo,
  plannedChanges,
  undone,
  withoutOwnCordon,
} from '../../../domain/rollout/hooks.ts';
import { hookJob } from '../../../domain/rollout/node-job.ts';
import type { NodeHook } from '../../../domain/rollout/policy.ts';
import { decideStep } from '../../../domain/rollout/step.ts';
import { anywhere, grant, node, nodes, nowMs, pod, rules, view } from './build.ts';

const traffic: NodeHook = { kind: 'label', key: 'example.com/traffic', value: 'off' };
const why: NodeHook = { kind: 'annotate', key: 'example.com/why', value: 'rollout' };
const hooks: NodeHook[] = [{ kind: 'excludeFromLoadBalancers' }, traffic, why, { kind: 'cordon' }];

const plain = (change: Partial<HookedNode> = {}): HookedNode => ({
  labels: {},
  annotations: {},
  unschedulable: false,
  ...change,
});

/** The node after a patch, as the API server makes it. */
function patched(before: HookedNode, patch: ReturnType<typeof patchToUndo> | null): HookedNode {
  const merged = (now: Record<string, string>, change: Record<string, string | null>): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ ...now, ...change }).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
    );
  if (patch === null) return before;
  return {
    labels: merged(before.labels, patch.labels),
    annotations: merged(before.annotations, patch.annotations),
    unschedulable: patch.unschedulable ?? before.unschedulable,
  };
}

describe('what hooks change is undone, and nothing else', () => {
  test.each<[string, HookedNode]>([
    ['a plain node', plain({ labels: { zone: 'a' }, annotations: { note: 'x' } })],
    ['a node that was cordoned before (S11)', plain({ unschedulable: true })],
    ['a label that had another value', plain({ labels: { 'example.com/traffic': 'full' } })],
    ['a label that had that very value', plain({ labels: { 'example.com/traffic': 'off' } })],
    ['a node that was excluded before, with any value', plain({ labels: { [excludeLabel]: '' } })],
    ['an annotation that had another value', plain({ annotations: { 'example.com/why': 'other' } })],
  ])('%s', (_what, before) => {
    const changes = plannedChanges(hooks, before);
    const during = patched(before, patchToApply(changes, before).patch);
    expect(during.unschedulable).toBe(true);
    expect(during.labels[excludeLabel]).toBeDefined();
    expect(during.labels['example.com/traffic']).toBe('off');
    expect(patchToApply(changes, during), 'a second attempt changes nothing').toEqual({ patch: null, moved: [] });
    expect(patched(during, patchToUndo(changes, during))).toEqual(before);
    expect(patched(before, patchToUndo(changes, before)), 'undone twice').toEqual(before);
  });

  test('a value that someone else has put there meanwhile is theirs', () => {
    const changes = plannedChanges(hooks, plain());
    const during = patched(plain(), patchToApply(changes, plain()).patch);
    const edited = { ...during, labels: { ...during.labels, 'example.com/traffic': 'drained' }, unschedulable: false };
    expect(patched(edited, patchToUndo(changes, edited))).toEqual(
      plain({ labels: { 'example.com/traffic': 'drained' } }),
    );
  });

  test('a value that changed between the record and the patch is recorded first', () => {
    const changes = plannedChanges([traffic], plain());
    const { moved, patch } = patchToApply(changes, plain({ labels: { 'example.com/traffic': 'full' } }));
    expect(moved).toEqual([{ kind: 'label', key: 'example.com/traffic', value: 'off', before: 'full' }]);
    expect(patch?.labels).toEqual({ 'example.com/traffic': 'off' });
  });

  test('hooks up to a Job or a pause are applied before it, the others are not', () => {
    const changes = plannedChanges(hooks, plain());
    expect(changesOf(hooks.slice(0, 1), changes)).toEqual([
      { kind: 'label', key: excludeLabel, value: 'true', before: null },
    ]);
    expect(changesOf(hooks, changes)).toEqual(changes);
  });

  test('a node that is taken again keeps the values of before the first time, and its Jobs', () => {
    const first: NodeChange = { kind: 'label', key: 'example.com/traffic', value: 'off', before: 'full' };
    const planned: GrantHooks = { changes: plannedChanges(hooks, plain()), jobs: ['new'] };
    const carried = carriedHooks(planned, [{ changes: [first], jobs: ['old'], readyMs: nowMs }]);
    expect(carried.changes).toContainEqual(first);
    expect(carried.changes).toHaveLength(4);
    expect(carried.jobs).toEqual(['old', 'new']);
    expect(carried.readyMs).toBeUndefined();
  });
});

const inForce: GrantHooks = { changes: [{ kind: 'cordon' }], jobs: [] };
const ready: GrantHooks = { ...inForce, readyMs: nowMs };

/** Four nodes, of which n00 is granted with these hooks. */
function oneTaken(given: GrantHooks, pods = [pod('n00', 'old')], change: Partial<Grant> = {}) {
  const others = nodes(4).slice(1);
  return view({
    nodes: nodes(4),
    pods: [...pods, ...others.map(({ name }) => pod(name, 'old'))],
    grants: [grant('n00', { hooks: given, ...change })],
    touched: new Set(['u-n00']),
  });
}

describe('a pod and its node wait for the hooks', () => {
  test('the pod is removed only once the hooks before the delete are done', () => {
    expect(decideStep(rules(), oneTaken(inForce)).remove).toEqual([]);
    expect(decideStep(rules(), oneTaken(ready)).remove.map(({ node: name }) => name)).toEqual(['n00']);
  });

  test('hooks that were undone while the pod is still there run anew first', () => {
    const [undoneGrant] = oneTaken(ready).grants.map(undone);
    expect(decideStep(rules(), oneTaken(undoneGrant?.hooks ?? inForce)).remove).toEqual([]);
  });

  test('the node is out while they are in force, although its new pod is available; then the next one is taken', () => {
    const back = [pod('n00', 'new')];
    const during = decideStep(rules(), oneTaken(ready, back));
    expect(during).toMatchObject({ grant: [], settled: [], done: false, progress: { out: 1, done: 0, inFlight: 1 } });
    const [over] = oneTaken(ready, back).grants.map(undone);
    const after = decideStep(rules(), oneTaken(over?.hooks ?? ready, back));
    expect(after.settled).toHaveLength(1);
    expect(after.grant).toHaveLength(1);
  });

  test('a grant is not settled with hooks in force, be it that the node is gone', () => {
    const seen = oneTaken(ready, []);
    const gone = { ...seen, nodes: seen.nodes.filter(({ name }) => name !== 'n00') };
    expect(decideStep(rules(), gone).settled).toEqual([]);
    expect(decideStep(rules(), { ...gone, grants: gone.grants.map(undone) }).settled).toHaveLength(1);
  });

  test('a finding of a hook fails the batch, on the way back too', () => {
    const finding = { cause: 'HookFailed', node: 'n00', pod: '', evidence: 'x', nextStep: 'y' };
    const found = new Map([['u-n00', finding]]);
    expect(decideStep(rules(), { ...oneTaken(inForce), found }).findings).toEqual([finding]);
    const back = rules({ direction: 'back', toHash: 'good', lastGoodHash: 'good' });
    expect(decideStep(back, { ...oneTaken(inForce), found }).findings).toEqual([finding]);
  });

  test('a cordon of our own is no reason to leave the node out; that of a person is', () => {
    const seen = [node('n00', { unschedulable: true }), node('n01', { unschedulable: true })];
    const own = withoutOwnCordon(seen, [grant('n00', { hooks: inForce })]);
    expect(own.map(({ unschedulable }) => unschedulable)).toEqual([false, true]);
    expect(withoutOwnCordon(seen, [grant('n00', { hooks: { changes: [], jobs: [] } })])).toEqual(seen);
  });
});

describe('moves', () => {
  const moveOf = (seen: ReturnType<typeof view>, toHash = 'new') => [
    ...hookMoves({ rollout: 7, toHash }, seen).values(),
  ];

  test.each<[string, ReturnType<typeof view>, string[]]>([
    ['its pod is still there', oneTaken(inForce), ['before']],
    ['its pod is gone', oneTaken(ready, []), ['wait']],
    ['the new pod is not ready', oneTaken(ready, [pod('n00', 'new', { ready: false })]), ['wait']],
    ['the new pod is available', oneTaken(ready, [pod('n00', 'new')]), ['after']],
    ['it came back on the old template', oneTaken(ready, [pod('n00', 'old', { uid: 'other' })]), ['wait']],
    ['another rollout left it', oneTaken(ready, [pod('n00', 'old')], { rollout: 3 }), ['undo']],
    ['the node is another one of that name', oneTaken(ready, [], { nodeUid: 'gone' }), ['undo']],
    ['all is undone, the pod is still there', oneTaken({ changes: [], jobs: [], off: true }), ['before']],
    ['all is undone', oneTaken({ changes: [], jobs: [], off: true }, [pod('n00', 'new')]), []],
  ])('%s', (_what, seen, expected) => {
    expect(moveOf(seen)).toEqual(expected);
  });

  test('on the way back a node whose pod was never deleted is only undone', () => {
    expect(moveOf(oneTaken(ready), 'old')).toEqual(['undo']);
  });

  test('a node that the DaemonSet does not run on any more is undone', () => {
    const seen = { ...oneTaken(ready), scheduling: { ...anywhere, nodeSelector: { edge: 'true' } } };
    expect(moveOf(seen)).toEqual(['undo']);
  });
});

test('S17: a grant is confirmed before it is acted on much later, well before another rollout takes it for void', () => {
  expect(needsConfirmation(grant('n00', { atMs: nowMs - 19_000 }), nowMs)).toBe(false);
  expect(needsConfirmation(grant('n00', { atMs: nowMs - 21_000 }), nowMs)).toBe(true);
  expect(needsConfirmation(grant('n00', { atMs: nowMs - 600_000, confirmedMs: nowMs - 1_000 }), nowMs)).toBe(false);
});

test('a Job is found again by the worker that takes over, and is another one for the next pod of the node', () => {
  const name = hookJobName('edge-proxy', grant('n00'), 2);
  expect(name).toMatch(/^edge-proxy-hook-[0-9a-f]{16}$/);
  expect(hookJobName('edge-proxy', grant('n00'), 2)).toBe(name);
  const others = [
    hookJobName('edge-proxy', grant('n01'), 2),
    hookJobName('edge-proxy', grant('n00', { podUid: 'next' }), 2),
    hookJobName('edge-proxy', grant('n00'), 1),
  ];
  expect(new Set([name, ...others]).size).toBe(4);
  expect(hookJobName('a'.repeat(63), grant('n00'), 0).length).toBeLessThanOrEqual(63);
});

test('a Job runs on its node alone, whatever taints it has, once, and not longer than it may', () => {
  const template = {
    metadata: { labels: { team: 'edge' } },
    spec: { containers: [{ name: 'check', image: 'curl:8' }] },
  };
  const hook = { kind: 'job', when: 'afterAvailable', template, withinMs: 61_500 } as const;
  const job = hookJob(hook, 'the-job', grant('n00'), { namespace: 'ingress', name: 'edge-proxy', uid: 'u' });
  expect(job).toMatchObject({
    metadata: { name: 'the-job', namespace: 'ingress', ownerReferences: [{ kind: 'DaemonSet', uid: 'u' }] },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: 62,
      template: {
        metadata: { labels: { team: 'edge', 'nodewave.dev/hook': 'edge-proxy' } },
        spec: { restartPolicy: 'Never', tolerations: [{ operator: 'Exists' }], containers: [{ name: 'check' }] },
      },
    },
  });
  expect(JSON.stringify(job)).toContain('{"key":"metadata.name","operator":"In","values":["n00"]}');
});

test('a label by which the DaemonSet picks its nodes is refused before a node is touched', () => {
  const affinityTerms = [{ matchExpressions: [{ key: excludeLabel, operator: 'DoesNotExist' as const }] }];
  expect(hookProblem(hooks, anywhere)).toBeNull();
  expect(hookProblem(hooks, { ...anywhere, nodeSelector: { 'example.com/traffic': 'on' } })).toMatch(
    /^a hook sets the node label example.com\/traffic, by which the DaemonSet picks its nodes/,
  );
  expect(hookProblem(hooks, { ...anywhere, affinityTerms })).toContain(excludeLabel);
});
