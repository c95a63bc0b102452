import { describe, expect, test } from 'vitest';
import { countedNodes, eligibility, matchesRequirement, tolerates } from '../../../domain/cluster/eligibility.ts';
import type {
  NodeSelectorRequirement,
  NodeSelectorTerm,
  NodeView,
  SchedulingView,
  Taint,
  Toleration,
} from '../../../domain/cluster/view.ts';
import { anywhere, node } from '../rollout/build.ts';

const runs = { shouldRun: true, shouldContinue: true };
const keeps = { shouldRun: false, shouldContinue: true };
const leaves = { shouldRun: false, shouldContinue: false };

const taint = (key: string, effect: Taint['effect'], value?: string): Taint => ({ key, effect, value });
const on = (change: Partial<NodeView>, scheduling: Partial<SchedulingView> = {}) =>
  eligibility({ ...anywhere, ...scheduling }, node('n1', change));

describe('where the DaemonSet controller runs a pod (S1, S9)', () => {
  test.each<[string, Partial<NodeView>, Partial<SchedulingView>, object]>([
    ['nothing asked for', {}, {}, runs],
    ['not Ready', { ready: false, notReadySinceMs: 0 }, {}, runs],
    ['cordoned', { unschedulable: true, taints: [taint('node.kubernetes.io/unschedulable', 'NoSchedule')] }, {}, runs],
    ['nodeName of this node', {}, { nodeName: 'n1' }, runs],
    ['empty nodeName', {}, { nodeName: '' }, runs],
    ['nodeName of another node', {}, { nodeName: 'n2' }, leaves],
    ['nodeSelector that fits', { labels: { os: 'linux', x: '1' } }, { nodeSelector: { os: 'linux' } }, runs],
    ['nodeSelector with another value', { labels: { os: 'win' } }, { nodeSelector: { os: 'linux' } }, leaves],
    ['nodeSelector on a label that is missing', {}, { nodeSelector: { os: 'linux' } }, leaves],
    ['nodeSelector with the empty value', { labels: { os: '' } }, { nodeSelector: { os: '' } }, runs],
    ['nodeSelector with the empty value, label missing', {}, { nodeSelector: { os: '' } }, leaves],
    ['required affinity without a term', {}, { affinityTerms: [] }, leaves],
    ['required affinity with an empty term', {}, { affinityTerms: [{}] }, leaves],
    ['PreferNoSchedule', { taints: [taint('slow', 'PreferNoSchedule')] }, {}, runs],
    ['NoSchedule that is not tolerated', { taints: [taint('gpu', 'NoSchedule')] }, {}, keeps],
    ['NoExecute that is not tolerated', { taints: [taint('gpu', 'NoExecute')] }, {}, leaves],
    ['both', { taints: [taint('a', 'NoSchedule'), taint('b', 'NoExecute')] }, {}, leaves],
    [
      'one of two taints is tolerated',
      { taints: [taint('a', 'NoSchedule'), taint('b', 'NoSchedule')] },
      { tolerations: [{ key: 'a', operator: 'Exists' }] },
      keeps,
    ],
    [
      'nodeSelector does not fit although every taint is tolerated',
      { taints: [taint('a', 'NoSchedule')] },
      { nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }] },
      leaves,
    ],
    [
      'selector and affinity must both fit',
      { labels: { os: 'linux', arch: 'arm' } },
      {
        nodeSelector: { os: 'linux' },
        affinityTerms: [{ matchExpressions: [{ key: 'arch', operator: 'In', values: ['amd'] }] }],
      },
      leaves,
    ],
  ])('%s', (_name, change, scheduling, expected) => {
    expect(on(change, scheduling)).toEqual(expected);
  });

  test.each<[string, Taint['effect'], boolean, object]>([
    ['node.kubernetes.io/not-ready', 'NoExecute', false, runs],
    ['node.kubernetes.io/unreachable', 'NoExecute', false, runs],
    ['node.kubernetes.io/disk-pressure', 'NoSchedule', false, runs],
    ['node.kubernetes.io/memory-pressure', 'NoSchedule', false, runs],
    ['node.kubernetes.io/pid-pressure', 'NoSchedule', false, runs],
    ['node.kubernetes.io/unschedulable', 'NoSchedule', false, runs],
    ['node.kubernetes.io/network-unavailable', 'NoSchedule', false, keeps],
    ['node.kubernetes.io/network-unavailable', 'NoSchedule', true, runs],
    // Only the effect that the controller tolerates.
    ['node.kubernetes.io/not-ready', 'NoSchedule', false, keeps],
    ['node.kubernetes.io/memory-pressure', 'NoExecute', false, leaves],
    ['node.cloudprovider.kubernetes.io/uninitialized', 'NoSchedule', true, keeps],
    ['ToBeDeletedByClusterAutoscaler', 'NoSchedule', false, keeps],
  ])('taint %s:%s with hostNetwork %s', (key, effect, hostNetwork, expected) => {
    expect(on({ taints: [taint(key, effect)] }, { hostNetwork })).toEqual(expected);
  });

  test('S10, S21: a node that is NotReady is still counted, and counts as NotReady for as long as it carries the taint', () => {
    const away = node('away', { ready: false, taints: [taint('node.kubernetes.io/not-ready', 'NoSchedule')] });
    const back = node('back', { taints: [taint('node.kubernetes.io/unreachable', 'NoSchedule')] });
    const kept = node('kept', {
      taints: [taint('node.kubernetes.io/not-ready', 'NoSchedule'), taint('ops', 'NoSchedule')],
    });
    expect(countedNodes(anywhere, [node('well'), away, back, kept]).map(({ name, ready }) => [name, ready])).toEqual([
      ['well', true],
      ['away', false],
      ['back', false],
    ]);
  });

  test('terms are alternatives, the requirements of one term are not', () => {
    const zone = (value: string): NodeSelectorRequirement => ({ key: 'zone', operator: 'In', values: [value] });
    const arm: NodeSelectorRequirement = { key: 'arch', operator: 'In', values: ['arm'] };
    const labels = { zone: 'a', arch: 'amd' };
    const terms = (...affinityTerms: NodeSelectorTerm[]) => on({ labels }, { affinityTerms });
    expect(terms({ matchExpressions: [zone('b')] }, { matchExpressions: [zone('a')] })).toEqual(runs);
    expect(terms({ matchExpressions: [zone('a'), arm] })).toEqual(leaves);
    expect(terms({}, { matchExpressions: [zone('a')] })).toEqual(runs);
  });

  test.each<[NodeSelectorRequirement, object]>([
    [{ key: 'metadata.name', operator: 'In', values: ['n1'] }, runs],
    [{ key: 'metadata.name', operator: 'In', values: ['n2'] }, leaves],
    [{ key: 'metadata.name', operator: 'NotIn', values: ['n1'] }, leaves],
    [{ key: 'metadata.name', operator: 'NotIn', values: ['n2'] }, runs],
    [{ key: 'metadata.uid', operator: 'In', values: ['u-n1'] }, leaves],
  ])('matchFields %j', (requirement, expected) => {
    expect(on({}, { affinityTerms: [{ matchFields: [requirement] }] })).toEqual(expected);
  });

  test('matchFields is about the node, not about a label of that name', () => {
    const requirement: NodeSelectorRequirement = { key: 'metadata.name', operator: 'In', values: ['x'] };
    expect(on({ labels: { 'metadata.name': 'x' } }, { affinityTerms: [{ matchFields: [requirement] }] })).toEqual(
      leaves,
    );
  });

  test('a label that every object seems to have is no label', () => {
    const exists: NodeSelectorTerm = { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] };
    const missing: NodeSelectorTerm = { matchExpressions: [{ key: 'toString', operator: 'DoesNotExist' }] };
    expect(on({}, { affinityTerms: [exists] })).toEqual(leaves);
    expect(on({}, { affinityTerms: [missing] })).toEqual(runs);
  });
});

describe('node selector requirements', () => {
  test.each<[NodeSelectorRequirement['operator'], string[] | undefined, string | undefined, boolean]>([
    ['In', ['a', 'b'], 'b', true],
    ['In', ['a'], 'c', false],
    ['In', ['a'], undefined, false],
    ['In', undefined, 'a', false],
    ['In', [''], '', true],
    ['NotIn', ['a'], 'b', true],
    ['NotIn', ['a'], 'a', false],
    // A node that lacks the label passes NotIn.
    ['NotIn', ['a'], undefined, true],
    ['Exists', undefined, '', true],
    ['Exists', undefined, undefined, false],
    ['DoesNotExist', undefined, undefined, true],
    ['DoesNotExist', undefined, '', false],
    ['Gt', ['4'], '5', true],
    ['Gt', ['4'], '4', false],
    ['Gt', ['9'], '10', true],
    ['Gt', ['-2'], '-1', true],
    ['Gt', ['4'], '+5', true],
    ['Gt', ['4'], '5.5', false],
    ['Gt', ['4'], '', false],
    ['Gt', ['4'], 'x', false],
    ['Gt', ['4'], undefined, false],
    ['Gt', undefined, '5', false],
    ['Gt', ['x'], '5', false],
    ['Gt', ['9007199254740992'], '9007199254740993', true],
    // Kubernetes parses 64 bits; what does not fit matches nothing.
    ['Gt', ['4'], '9223372036854775807', true],
    ['Gt', ['4'], '9223372036854775808', false],
    ['Lt', ['4'], '-9223372036854775809', false],
    ['Lt', ['4'], '3', true],
    ['Lt', ['4'], '4', false],
    ['Lt', ['4'], undefined, false],
  ])('%s %j against %s', (operator, values, value, expected) => {
    expect(matchesRequirement({ key: 'k', operator, values }, value)).toBe(expected);
  });
});

describe('tolerations', () => {
  const gpu: Taint = { key: 'gpu', value: 'a100', effect: 'NoSchedule' };
  test.each<[string, Toleration, Taint, boolean]>([
    ['Exists on the key', { key: 'gpu', operator: 'Exists' }, gpu, true],
    ['Exists on another key', { key: 'cpu', operator: 'Exists' }, gpu, false],
    ['Exists without a key covers every taint', { operator: 'Exists' }, gpu, true],
    ['Exists without a key, of another effect', { operator: 'Exists', effect: 'NoExecute' }, gpu, false],
    ['the empty effect covers every effect', { key: 'gpu', operator: 'Exists', effect: '' }, gpu, true],
    ['Equal by default', { key: 'gpu', value: 'a100' }, gpu, true],
    ['Equal with another value', { key: 'gpu', operator: 'Equal', value: 'h100' }, gpu, false],
    ['Equal without a value on a taint without one', { key: 'gpu' }, { key: 'gpu', effect: 'NoSchedule' }, true],
    ['Equal without a value on a taint with one', { key: 'gpu' }, gpu, false],
    ['Equal without a key', { value: 'a100' }, gpu, false],
  ])('%s', (_name, toleration, against, expected) => {
    expect(tolerates(toleration, against)).toBe(expected);
  });
});
