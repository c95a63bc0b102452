import type { PodView } from '../cluster/view.ts';
import { type DaemonSetRef, daemonSetLabel } from '../ids.ts';
import { starting, symptomOf } from './symptom.ts';

/** What was looked at. */
export interface Looked {
  ref: DaemonSetRef;
  nowMs: number;
  pods: readonly PodView[];
  /** The one that was asked about. */
  pod?: string;
}

/** How the pods are that were looked at, in one sentence. */
export function explainedSentence({ ref, nowMs, pods, pod }: Looked): string {
  const asked = pods.find(({ name }) => name === pod);
  if (asked !== undefined) {
    const restarts = asked.containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
    const state = symptomOf(asked, nowMs) === null ? 'is well' : 'is not well';
    return `Pod ${asked.name} on node ${asked.node} ${state}: ${phaseOf(asked)}, ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}.`;
  }
  const symptoms = pods.map((one) => symptomOf(one, nowMs)).filter((symptom) => symptom !== null);
  const late = symptoms.filter((symptom) => symptom === starting).length;
  const unwell = symptoms.length - late;
  const still = late === 0 ? '' : `, ${late} still starting`;
  const whose = `pods of ${daemonSetLabel(ref)}`;
  if (pods.length === 0) return `There are no ${whose}.`;
  if (unwell === 0) return late === 0 ? `All ${pods.length} ${whose} are well.` : `No ${whose} fail${still}.`;
  return `${unwell} of ${pods.length} ${whose} ${unwell === 1 ? 'is' : 'are'} not well${still}.`;
}

function phaseOf(pod: PodView): string {
  if (pod.terminatingUntilMs !== undefined) return 'terminating';
  return pod.ready ? 'ready' : `phase ${pod.phase}, not ready`;
}
