import { describe, expect, test } from 'vitest';
import { decideStep } from '../../../domain/rollout/step.ts';
import { foreignGrantMs, type StepRules, type StepView } from '../../../domain/rollout/step-types.ts';
import { container, grant, nodes, nowMs, pod, rules, thisRollout, view } from './build.ts';

const down = { ready: false, readySinceMs: undefined };
const crashing = { ...down, containers: [container({ waitingReason: 'CrashLoopBackOff' })] };
const onOld = (count: number) => nodes(count).map((one) => pod(one.name, 'old'));
const touchedAll = (count: number) => new Set(nodes(count).map((one) => one.uid));
const granted = (step: { grant: { node: string }[] }) => step.grant.map((one) => one.node).sort();
const removed = (step: { remove: { node: string }[] }) => step.remove.map((one) => one.node).sort();

describe('the way back', () => {
  const back = (change: Partial<StepRules> = {}) => rules({ direction: 'back', toHash: 'old', rules: [], ...change });

  test('touches only nodes that are not on last good, exposed ones and third revisions included (S38, S39)', () => {
    const pods = [pod('n00', 'new'), pod('n01', 'old'), pod('n02', 'third'), pod('n03', 'new')];
    const step = decideStep(back({ maxUnavailable: 9 }), view({ nodes: nodes(4), pods, touched: new Set(['u-n00']) }));
    expect(granted(step)).toEqual(['n00', 'n02', 'n03']);
  });

  test('a pod of last good that was ill before is neither restarted nor waited for nor judged', () => {
    const pods = [pod('n00', 'old', down), pod('n01', 'old')];
    // Granted on the way forward, never deleted.
    const grants = [grant('n00', { atMs: nowMs - foreignGrantMs })];
    for (const given of [
      view({ nodes: nodes(2), pods }),
      view({ nodes: nodes(2), pods, grants, touched: touchedAll(1) }),
    ]) {
      expect(decideStep(back(), given)).toMatchObject({ done: true, findings: [], grant: [], remove: [] });
    }
  });

  test('bad pods come first (S39)', () => {
    const pods = nodes(5).map((one, index) => pod(one.name, 'new', index === 3 ? down : {}));
    expect(granted(decideStep(back(), view({ nodes: nodes(5), pods, touched: touchedAll(5) })))).toEqual(['n03']);
  });

  test('a release that is down on more nodes than the budget goes back, as many at once as the budget says (S39)', () => {
    const pods = [...nodes(8).map((one) => pod(one.name, 'new', down)), ...onOld(20).slice(8)];
    const seen = (change: Partial<StepView>) => view({ nodes: nodes(20), pods, touched: touchedAll(8), ...change });
    const step = decideStep(back({ maxUnavailable: 3 }), seen({}));
    expect(step.grant).toHaveLength(3);
    const grants = step.grant.map((one) => ({ ...one, rollout: thisRollout, batch: 0, atMs: nowMs }));
    const next = decideStep(back({ maxUnavailable: 3 }), seen({ grants }));
    expect(removed(next)).toEqual(granted(step));
    expect(next.grant).toEqual([]);
  });

  test('a healthy pod of the release goes only while the budget allows it', () => {
    const pods = [pod('n00', 'new'), pod('n01', 'new'), pod('n02', 'old', down), ...onOld(9).slice(3)];
    expect(decideStep(back(), view({ nodes: nodes(9), pods, touched: touchedAll(2) })).grant).toEqual([]);
    expect(
      decideStep(back({ maxUnavailable: 2 }), view({ nodes: nodes(9), pods, touched: touchedAll(2) })).grant,
    ).toHaveLength(1);
  });

  test.each([
    ['counts', foreignGrantMs - 1, 0],
    ['is void after a minute and', foreignGrantMs, 1],
  ])('a grant of the way forward %s: its worker may be frozen and wake up (S17)', (_name, ageMs, expected) => {
    const pods = [pod('n00', 'old'), pod('n01', 'new'), ...onOld(4).slice(2)];
    const grants = [grant('n00', { atMs: nowMs - ageMs })];
    const step = decideStep(back(), view({ nodes: nodes(4), pods, grants, touched: touchedAll(2) }));
    expect(step.grant).toHaveLength(expected);
    expect(step.remove).toEqual([]);
    expect(step.settled).toHaveLength(expected);
  });

  test('a node whose gate a person had passed comes back too', () => {
    const pods = [pod('n00', 'new', crashing)];
    const step = decideStep(back({ ignoredNodes: ['n00'] }), view({ nodes: nodes(1), pods, touched: touchedAll(1) }));
    expect(step).toMatchObject({ done: false, grant: [{ node: 'n00' }] });
  });

  test('fails when last good itself does not come up on a node that was replaced (S40)', () => {
    const pods = [pod('n00', 'old', { ...crashing, uid: 'again' }), pod('n01', 'old')];
    const step = decideStep(back(), view({ nodes: nodes(2), pods, grants: [grant('n00')], touched: touchedAll(1) }));
    expect(step.findings).toMatchObject([{ cause: 'CrashLoopBackOff', node: 'n00' }]);
  });
});
