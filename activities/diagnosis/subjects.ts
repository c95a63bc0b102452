import type { PodView } from '../../domain/cluster/view.ts';
import { starting, symptomOf } from '../../domain/diagnosis/symptom.ts';
import { restartsOf } from '../../domain/rollout/judge.ts';
import type { Finding } from '../../domain/wire.ts';

/** Most pods that are looked at closely. */
const mostSubjects = 5;

/** One pod that stands for all that show the same, or a node on which none was created. */
export interface Subject {
  /** Null where there is no pod, or it is gone. */
  pod: PodView | null;
  /** Its name, also when it is gone; empty where none was created. */
  name: string;
  node: string;
  /** What a gate says of it, where one does. */
  finding?: Finding;
  /** Nodes that show the same. */
  failing: ReadonlySet<string>;
}

/** What pods are chosen from. */
export interface Choice {
  nowMs: number;
  /** All pods of the DaemonSet. */
  pods: readonly PodView[];
  /** What made a gate red; empty when a person asks. */
  findings: readonly Finding[];
  /** Template whose pods are asked about; null for all. */
  hash: string | null;
  /** The one pod that is asked about. */
  only?: string;
}

interface Seen extends Omit<Subject, 'failing'> {
  symptom: string;
}

/**
 * One pod for each way of failing, most nodes first. Where a gate is red only what it is red for is looked at: other pods of the
 * batch may be on their way. Where a person asks, all that are not well, except those that may only need more time.
 */
export function chooseSubjects(choice: Choice): Subject[] {
  const { findings, only } = choice;
  // The one that is asked about stands for its like. What a gate has measured of the release as a whole is of no pod.
  const named = findings.filter(({ node, pod }) => node !== '' || pod !== '');
  const seen = [...named.map((finding) => ofFinding(choice, finding)), ...unwell(choice)].toSorted(
    (a, b) => Number(b.name === only) - Number(a.name === only),
  );
  const bySymptom = Map.groupBy(seen, ({ symptom }) => symptom);
  const subjects = [...bySymptom.values()].map(([first, ...others]): (Subject & { named: boolean }) | null => {
    if (first === undefined) return null;
    const { symptom: _symptom, ...subject } = first;
    const failing = new Set([first.node, ...others.map(({ node }) => node)].filter((node) => node !== ''));
    return { ...subject, failing, named: first.finding !== undefined };
  });
  const all = subjects.filter((one) => one !== null);
  if (only !== undefined) return all.filter((one) => one.name === only).map(({ named: _named, ...subject }) => subject);
  return all
    .filter((one) => one.named || findings.length === 0)
    .toSorted((a, b) => b.failing.size - a.failing.size)
    .slice(0, mostSubjects)
    .map(({ named: _named, ...subject }) => subject);
}

/** A gate is red for pods that look well too, such as one that restarted too often; its word then is the symptom. */
function ofFinding({ pods, nowMs }: Choice, finding: Finding): Seen {
  const pod = pods.find(({ name }) => name === finding.pod) ?? null;
  const symptom = (pod === null ? null : symptomOf(pod, nowMs)) ?? finding.cause;
  return { pod, name: finding.pod, node: finding.node, finding, symptom };
}

function unwell({ pods, nowMs, hash, only, findings }: Choice): Seen[] {
  return pods.flatMap((pod): Seen[] => {
    const symptom = symptomOf(pod, nowMs);
    const seen = { pod, name: pod.name, node: pod.node };
    if (pod.name === only)
      return symptom === null && restartsOf(pod) === 0 ? [] : [{ ...seen, symptom: symptom ?? pod.name }];
    if (symptom === null || (hash !== null && pod.hash !== hash)) return [];
    return symptom === starting && findings.length === 0 ? [] : [{ ...seen, symptom }];
  });
}
