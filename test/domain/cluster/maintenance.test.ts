import { expect, test } from 'vitest';
import { maintenanceOf } from '../../../domain/cluster/maintenance.ts';
import { node } from '../rollout/build.ts';

test.each([
  ['ToBeDeletedByClusterAutoscaler', 'being removed by Cluster Autoscaler'],
  ['karpenter.sh/disrupted', 'being drained by Karpenter'],
  ['karpenter.sh/disruption', 'being drained by Karpenter'],
  ['node.kubernetes.io/out-of-service', 'out of service'],
])('S35: taint %s means %s, whatever its effect', (key, why) => {
  for (const effect of ['NoSchedule', 'NoExecute', 'PreferNoSchedule'] as const) {
    expect(maintenanceOf(node('n', { taints: [{ key, effect }] }))).toBe(why);
  }
});

test('S35: so do a reboot by kured, an upgrade by System Upgrade Controller, and a node object that is being deleted', () => {
  const annotations = { 'weave.works/kured-reboot-in-progress': '2026-01-01T00:00:00Z' };
  expect(maintenanceOf(node('n', { annotations }))).toBe('being rebooted by kured');
  expect(maintenanceOf(node('n'), new Set(['n']))).toBe('being upgraded by System Upgrade Controller');
  expect(maintenanceOf(node('n', { deleting: true }))).toBe('being deleted');
});

test('a candidate of the autoscaler, a cordon and other taints are no maintenance', () => {
  const taints = [
    { key: 'DeletionCandidateOfClusterAutoscaler', effect: 'PreferNoSchedule' as const },
    { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' as const },
  ];
  expect(maintenanceOf(node('n', { taints, unschedulable: true }), new Set(['m']))).toBeNull();
});
