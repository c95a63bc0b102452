import { describe, expect, test } from 'vitest';
import { decideStep } from '../../../domain/rollout/step.ts';
import { grant, node, nodes, nowMs, pod, rules, view } from './build.ts';

const touched = new Set(['u-n00', 'u-n01']);
const arrived = nodes(2).map((one) => pod(one.name, 'new'));
const noSchedule = { taints: [{ key: 'ops', effect: 'NoSchedule' as const }] };
const noExecute = { taints: [{ key: 'ops', effect: 'NoExecute' as const }] };

describe('S28: a node becomes eligible or not while the batch runs', () => {
  test.each([
    ['NoSchedule: its pod stays and is left alone', noSchedule, [pod('n01', 'old')]],
    ['NoExecute: the controller has removed its pod', noExecute, []],
  ])('%s', (_name, change, left) => {
    const seen = view({ nodes: [node('n00'), node('n01', change)], pods: [pod('n00', 'new'), ...left], touched });
    const step = decideStep(rules(), seen);
    expect(step).toMatchObject({ done: true, grant: [], remove: [], progress: { eligible: 1, out: 0 } });
  });

  test('a taint that goes away makes it part of the batch again, whatever it runs by then', () => {
    const back = (pods: ReturnType<typeof pod>[]) => decideStep(rules(), view({ nodes: nodes(2), pods, touched }));
    expect(back([pod('n00', 'new'), pod('n01', 'old')])).toMatchObject({ done: false, grant: [{ node: 'n01' }] });
    expect(back(arrived)).toMatchObject({ done: true, grant: [] });
  });

  test('a grant of a node that is not eligible any more is void', () => {
    const seen = view({
      nodes: [node('n00', noSchedule), node('n01')],
      pods: arrived,
      grants: [grant('n00')],
      touched,
    });
    expect(decideStep(rules(), seen).settled).toMatchObject([{ node: 'n00' }]);
  });
});

describe('S46: every count comes from pods and nodes', () => {
  test('a node counts once, by its newest live pod, however many there are', () => {
    const pods = [
      pod('n00', 'old', { uid: 'leaving', terminatingUntilMs: nowMs + 10_000 }),
      pod('n00', 'new', { createdMs: nowMs - 1_000 }),
      pod('n01', 'new', { uid: 'first', ready: false }),
      pod('n01', 'new', { uid: 'second', createdMs: nowMs - 500 }),
    ];
    const step = decideStep(rules(), view({ nodes: nodes(2), pods, touched }));
    expect(step.progress).toMatchObject({ eligible: 2, done: 2, out: 0, batchGoal: 2 });
  });

  test('a pod on a node that is gone counts nowhere', () => {
    const step = decideStep(rules(), view({ nodes: nodes(1), pods: [...arrived, pod('gone', 'old')], touched }));
    expect(step).toMatchObject({ done: true, progress: { eligible: 1, done: 1, out: 0 } });
  });
});
