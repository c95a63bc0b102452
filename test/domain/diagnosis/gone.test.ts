import { expect, test } from 'vitest';
import type { PodView } from '../../../domain/cluster/view.ts';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import { rules } from '../../../domain/diagnosis/registry.ts';
import type { Evidence } from '../../../domain/diagnosis/types.ts';
import { unknownCause } from '../../../domain/diagnosis/unknown.ts';
import { judgePod } from '../../../domain/rollout/judge.ts';
import { gallery } from './gallery/all.ts';
import { type Case, evidenceOf } from './gallery/case.ts';

const limits = { readyWithinMs: 60_000, maxRestarts: 2, restartsBefore: 0, seenSinceMs: 0 };

/** What is left when the controller has removed a pod that failed: the finding of the gate. */
function gone(one: Case): Evidence | null {
  const evidence = evidenceOf(one);
  const pod = evidence.pod;
  if (pod === null || pod.pod === '') return null;
  const view: PodView = {
    name: pod.pod,
    uid: 'u',
    resourceVersion: '1',
    node: pod.node,
    hash: 'new',
    createdMs: 0,
    phase: pod.phase,
    ready: false,
    reason: pod.reason,
    message: pod.message,
    unschedulable: one.unschedulable,
    containers: [...pod.containers],
  };
  const finding = judgePod(view, false, limits, 120_000);
  if (finding === null) return null;
  const left = {
    reason: finding.cause,
    message: finding.evidence,
    containers: [],
    events: [],
    logs: {},
    conditions: [],
  };
  return { ...evidence, pod: { ...pod, ...left } };
}

const symptoms = rules.filter(({ symptom }) => symptom).map(({ cause }) => cause);
const left = gallery.flatMap((one) => {
  const evidence = gone(one);
  return evidence === null ? [] : [{ one, evidence }];
});

test('of a pod that is gone, what the gate wrote still leads to the cause or says how it looked, and to nothing else', () => {
  expect(left.length).toBeGreaterThan(100);
  const results = left.map(({ one, evidence }) => {
    const [first] = diagnose({ ...evidence, node: null, refusals: [] });
    const right = [one.cause, unknownCause, ...symptoms].includes(first?.cause ?? '');
    return { right, sure: first?.confidence === 'high', text: `${one.cause} (${one.source}): ${first?.cause}` };
  });
  expect(results.filter(({ right, sure }) => sure && !right).map(({ text }) => text)).toEqual([]);
  // OOMKilled with the exit code of another end: only the events, which are not left, tell what it was.
  expect(results.filter(({ right }) => !right).map(({ text }) => text)).toEqual([
    expect.stringContaining('kops/issues/18040'),
  ]);
});

test('what a status says by itself is found again', () => {
  const found = new Set(left.map(({ evidence }) => diagnose({ ...evidence, node: null, refusals: [] })[0]?.cause));
  for (const cause of [
    'ImageMissing',
    'OutOfMemory',
    'SecretMissing',
    'BinaryMissing',
    'NodePressure',
    'InsufficientResources',
    'Crash',
  ]) {
    expect(found).toContain(cause);
  }
});
