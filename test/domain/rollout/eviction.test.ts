import { expect, test } from 'vitest';
import { budgetName, refusalFinding, retryAfterMs } from '../../../domain/rollout/eviction.ts';
import { nowMs, pod } from './build.ts';

const said = 'The disruption budget agents needs 5 healthy pods and has 5 currently';

test('S15: a refused eviction is tried again after 1, 2, 4, 8 and then every 15 s', () => {
  expect([1, 2, 3, 4, 5, 6, 40].map(retryAfterMs)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test('S15: the finding names the budget, says what it said, and what to do', () => {
  expect(refusalFinding(pod('n00', 'old'), { sinceMs: nowMs, tries: 9, said }, 300_000)).toEqual({
    cause: 'DisruptionBudget',
    node: 'n00',
    pod: 'agent-n00',
    evidence: `PodDisruptionBudget agents has refused the eviction for 300 s: ${said}`,
    nextStep:
      'see which pods PodDisruptionBudget agents counts as healthy, let it allow a disruption more, or use removal: delete',
  });
});

test('S15: for a pod that is not ready it names what lets such pods go', () => {
  const finding = refusalFinding(pod('n00', 'old', { ready: false }), { sinceMs: nowMs, tries: 9, said }, 300_000);
  expect(finding.nextStep).toContain('unhealthyPodEvictionPolicy: AlwaysAllow');
});

test.each([
  [said, 'agents'],
  ['The disruption budget agents is still being processed by the server.', 'agents'],
  ['This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.', null],
])('the name of the budget in %j', (text, name) => {
  expect(budgetName(text)).toBe(name);
});
