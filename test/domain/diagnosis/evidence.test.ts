import { describe, expect, test } from 'vitest';
import type { NodeView, PodView } from '../../../domain/cluster/view.ts';
import { alikeOf } from '../../../domain/diagnosis/alike.ts';
import { templateChanges } from '../../../domain/diagnosis/changes.ts';
import { keepBest, keptDiagnoses, type LocatedDiagnosis, onePerCause } from '../../../domain/diagnosis/explanation.ts';
import { explainedSentence } from '../../../domain/diagnosis/sentence.ts';
import { symptomOf } from '../../../domain/diagnosis/symptom.ts';
import { utf8Length } from '../../../domain/markdown.ts';

const nowMs = 1_000_000;

function pod(change: Partial<PodView> = {}): PodView {
  const node = change.node ?? 'n1';
  return {
    name: `agent-${node}`,
    uid: `uid-${node}`,
    resourceVersion: '1',
    node,
    hash: 'new',
    createdMs: 0,
    phase: 'Running',
    ready: false,
    containers: [{ name: 'agent', init: false, image: 'agent:2', restartCount: 0 }],
    ...change,
  };
}

const waiting = (waitingReason: string, more = {}) => ({
  containers: [{ name: 'agent', init: false, image: 'agent:2', restartCount: 1, waitingReason, ...more }],
});

describe('symptoms', () => {
  test.each<[string, Partial<PodView>, string | null]>([
    ['a ready pod', { ready: true }, null],
    ['a pod that ends within its grace', { terminatingUntilMs: nowMs + 1 }, null],
    ['a pod that does not end', { terminatingUntilMs: nowMs - 1 }, 'Terminating'],
    ['a pull that failed', waiting('ErrImagePull'), 'ImagePull'],
    ['the same pull, a moment later', waiting('ImagePullBackOff'), 'ImagePull'],
    ['a crash', waiting('CrashLoopBackOff', { terminated: { exitCode: 1 } }), 'Crash'],
    ['the same crash with another code', waiting('CrashLoopBackOff', { terminated: { exitCode: 139 } }), 'Crash'],
    ['out of memory', waiting('CrashLoopBackOff', { terminated: { exitCode: 137, reason: 'OOMKilled' } }), 'OOMKilled'],
    ['a missing ConfigMap', waiting('CreateContainerConfigError'), 'CreateContainerConfigError'],
    ['a pod that starts', { phase: 'Pending', ...waiting('ContainerCreating') }, 'Starting'],
    ['a pod that runs and is not ready', {}, 'NotReady'],
    ['a pod that fits nowhere', { phase: 'Pending', unschedulable: 'Insufficient cpu' }, 'Unschedulable'],
    ['an evicted pod', { phase: 'Failed', reason: 'Evicted' }, 'Failed Evicted'],
  ])('%s', (_name, change, symptom) => {
    expect(symptomOf(pod(change), nowMs)).toBe(symptom);
  });

  test('an init container is told from the others, and one that is done is no crash', () => {
    const init = { name: 'setup', init: true, image: 'setup:1', restartCount: 2 };
    const crashed = { ...init, waitingReason: 'CrashLoopBackOff', terminated: { exitCode: 2 } };
    expect(symptomOf(pod({ phase: 'Pending', containers: [crashed] }), nowMs)).toBe('Init Crash');
    const done = { ...init, terminated: { exitCode: 0 } };
    expect(symptomOf(pod({ phase: 'Pending', containers: [done] }), nowMs)).toBe('Starting');
  });
});

describe('nodes alike', () => {
  const node = (name: string, pool: string, zone: string, arch = 'amd64'): NodeView => ({
    name,
    uid: name,
    labels: { 'karpenter.sh/nodepool': pool, 'topology.kubernetes.io/zone': zone, 'kubernetes.io/arch': arch },
    taints: [],
    unschedulable: false,
    ready: true,
  });
  const nodes = [node('n1', 'gpu', 'a'), node('n2', 'gpu', 'b'), node('n3', 'cpu', 'a'), node('n4', 'cpu', 'b')];

  test('updated nodes against the rest, and by pool, zone and architecture', () => {
    const pods = [
      pod({ node: 'n1', ...waiting('CrashLoopBackOff') }),
      pod({ node: 'n2', ready: true }),
      pod({ node: 'n3', hash: 'old', ready: true }),
      pod({ node: 'n4', hash: 'old' }),
    ];
    const alike = alikeOf({ nowMs, nodes, pods, hash: 'new', failing: new Set(['n1']) });
    expect(alike).toMatchObject({ updated: 2, failing: 1, rest: 2, restFailing: 1 });
    expect(alike.groups[0]).toEqual({ key: 'pool', value: 'gpu', failing: 1, updated: 2, rest: 0, restFailing: 0 });
    expect(alike.groups).toContainEqual({ key: 'zone', value: 'b', failing: 0, updated: 1, rest: 1, restFailing: 1 });
    const keys = (of: typeof alike) => new Set(of.groups.map(({ key }) => key));
    expect([...keys(alike)], 'that all are of the only architecture tells nothing').toEqual(['pool', 'zone']);
    const mixed = nodes.map((one) => (one.name === 'n4' ? node('n4', 'cpu', 'b', 'arm64') : one));
    const told = alikeOf({ nowMs, nodes: mixed, pods, hash: 'new', failing: new Set(['n1']) });
    expect(told.groups).toContainEqual({
      key: 'arch',
      value: 'amd64',
      failing: 1,
      updated: 2,
      rest: 1,
      restFailing: 0,
    });
    expect(
      alike.groups.some(({ value }) => value === 'cpu'),
      'a pool without an updated node tells nothing',
    ).toBe(false);
  });

  test('a node whose old pod is still there, or that got no pod, counts once, as updated', () => {
    const pods = [
      pod({ node: 'n1', hash: 'old', terminatingUntilMs: nowMs + 9 }),
      pod({ node: 'n3', hash: 'old', ready: true }),
    ];
    const alike = alikeOf({ nowMs, nodes, pods, hash: 'new', failing: new Set(['n1']) });
    expect(alike).toMatchObject({ updated: 1, failing: 1, rest: 1, restFailing: 0 });
  });
});

describe('what the release changes', () => {
  const template = (image: string, env: { name: string; value: string }[] = [], more = {}) => ({
    spec: { containers: [{ name: 'agent', image, env, ...more }] },
  });

  test('is told by path, and secrets are masked', () => {
    const changes = templateChanges(
      template('agent:1', [{ name: 'API_TOKEN', value: 'hunter2' }]),
      template('agent:2', [{ name: 'API_TOKEN', value: 'hunter3' }], { resources: { limits: { memory: '64Mi' } } }),
    );
    expect(changes).toContain('spec.containers[name=agent].image: agent:1 -> agent:2');
    expect(changes).toContain('spec.containers[name=agent].resources.limits.memory: (none) -> 64Mi');
    expect(changes.join()).toContain('API_TOKEN');
    expect(changes.join()).not.toContain('hunter');
  });

  test('is bounded, and nothing where one of the two is not known', () => {
    const many = Array.from({ length: 50 }, (_, n) => ({ name: `E${n}`, value: 'x'.repeat(5_000) }));
    const changes = templateChanges(template('agent:1'), template('agent:1', many));
    expect(changes).toHaveLength(13);
    expect(changes.at(-1)).toBe('and 38 more changes');
    expect(Math.max(...changes.map((line) => line.length))).toBeLessThanOrEqual(240);
    expect(templateChanges(undefined, template('agent:1'))).toEqual([]);
  });
});

describe('what a rollout keeps', () => {
  const found = (cause: string, confidence: LocatedDiagnosis['confidence'], text = 'e'): LocatedDiagnosis => ({
    cause,
    what: 'w',
    evidence: [text, text, text],
    confidence,
    blame: 'unclear',
    nextStep: 'n',
    spread: '1 of 1 updated node',
    pod: 'p',
    node: 'n1',
  });

  test('one per cause, the surest first, at most three', () => {
    const all = [found('A', 'low'), found('B', 'medium'), found('A', 'high'), found('C', 'low'), found('D', 'low')];
    expect(onePerCause(all).map(({ cause, confidence }) => [cause, confidence])).toEqual([
      ['A', 'high'],
      ['B', 'medium'],
      ['C', 'low'],
      ['D', 'low'],
    ]);
    expect(keepBest(onePerCause(all)).map(({ cause }) => cause)).toEqual(['A', 'B', 'C']);
  });

  test('under four kilobytes, shared evenly: evidence is given up before a diagnosis is', () => {
    const kept = keepBest([
      found('A', 'high', '🦀'.repeat(200)),
      found('B', 'high', '🦀'.repeat(200)),
      found('C', 'low'),
    ]);
    expect(utf8Length(JSON.stringify(kept))).toBeLessThanOrEqual(keptDiagnoses.bytes);
    expect(kept.map(({ cause, evidence }) => [cause, evidence.length])).toEqual([
      ['A', 1],
      ['B', 1],
      ['C', 3],
    ]);
  });
});

test.each<[string, PodView[], string | undefined, string]>([
  ['none', [], undefined, 'There are no pods of monitoring/agent.'],
  ['well', [pod({ ready: true })], undefined, 'All 1 pods of monitoring/agent are well.'],
  [
    'unwell and late',
    [pod(), pod({ node: 'n2', phase: 'Pending' })],
    undefined,
    '1 of 2 pods of monitoring/agent is not well, 1 still starting.',
  ],
  ['one pod', [pod()], 'agent-n1', 'Pod agent-n1 on node n1 is not well: phase Running, not ready, 0 restarts.'],
])('the sentence for %s', (_name, pods, one, expected) => {
  const ref = { cluster: 'prod', namespace: 'monitoring', name: 'agent' };
  expect(explainedSentence({ ref, nowMs, pods, ...(one === undefined ? {} : { pod: one }) })).toBe(expected);
});
