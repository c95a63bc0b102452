import type { NodeView } from '../../domain/cluster/view.ts';
import { alikeOf } from '../../domain/diagnosis/alike.ts';
import { shown } from '../../domain/diagnosis/clean.ts';
import { type Explanation, type LocatedDiagnosis, onePerCause } from '../../domain/diagnosis/explanation.ts';
import { explainedSentence } from '../../domain/diagnosis/sentence.ts';
import { symptomOf } from '../../domain/diagnosis/symptom.ts';
import type { Diagnosis, Evidence } from '../../domain/diagnosis/types.ts';
import { unknownCause } from '../../domain/diagnosis/unknown.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { utf8Length } from '../../domain/markdown.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { Node } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { nodeView } from '../cluster/project.ts';
import type { DiagnosisQuestion } from './contract.ts';
import { Gaps, isTimeout } from './gaps.ts';
import { podEvidence, type Reading } from './pod-evidence.ts';
import { chooseSubjects, type Subject } from './subjects.ts';
import { changesOf, type Survey, surveyOf } from './survey.ts';

/** The API server's clock and this one may differ by so much. */
const clockMarginMs = 60_000;

/** An explanation is never larger. */
const mostBytes = 15_000;

/** Findings per pod, and in all. */
const most = { perPod: 2, diagnoses: 5, evidence: 5, conditions: 10, refusals: 5 } as const;

/** What stands for the writes that were refused: no pod and no node had a part in it. */
const refused: Subject = { pod: null, name: '', node: '', failing: new Set() };

/** Says why: a list of findings for one pod, surest first. */
export type Judge = (evidence: Evidence) => Diagnosis[];

/**
 * Collects evidence for as long as `withinMs` says and explains it. Pods must be listable; everything else that cannot be read is a
 * gap, which the explanation names.
 */
export async function explain(
  client: ClusterClient,
  question: DiagnosisQuestion,
  judge: Judge,
  cancelled: AbortSignal,
): Promise<Explanation> {
  const { ref, findings = [], refusals = [], pod, toHash = null, sinceMs = 0, withinMs } = question;
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(withinMs)]);
  const gaps = new Gaps();
  const survey = await surveyOf(client, question, gaps, signal).catch((error: unknown) => {
    if (!isTimeout(error)) throw error;
    throw new NodewaveError(
      'Infrastructure',
      `the pods of ${daemonSetLabel(ref)} were not listed within ${withinMs} ms`,
    );
  });
  const nowMs = Date.now();
  const chosen = chooseSubjects({
    nowMs,
    pods: survey.pods,
    findings,
    hash: toHash,
    ...(pod === undefined ? {} : { only: pod }),
  });
  const subjects = refusals.length === 0 || pod !== undefined ? chosen : [refused, ...chosen];
  const reading: Reading = { client, ref, sinceMs: sinceMs - clockMarginMs, signal, gaps };
  const nodes = gaps.unless('nodes', [], () => readNodes(client, chosen, signal));
  const located = await Promise.all(
    subjects.map(async (subject): Promise<LocatedDiagnosis[]> => {
      const evidence = await evidenceOf(reading, subject, { survey, hash: toHash, nowMs, nodes });
      if (subject === refused) evidence.refusals = refusals.slice(0, most.refusals).map((text) => shown(text, 1_000));
      return judge(evidence)
        .slice(0, most.perPod)
        .filter(({ cause }) => cause !== unknownCause || isUnwell(subject, nowMs))
        .map((one) => ({
          ...withGap(one, gaps),
          ...(subject === refused ? { spread: 'refused before any pod was made of it' } : {}),
          pod: subject.name,
          node: subject.node,
        }));
    }),
  );
  cancelled.throwIfAborted();
  const hash = subjects[0]?.pod?.hash ?? toHash ?? '';
  return bounded({
    sentence: explainedSentence({ ref, nowMs, pods: survey.pods, ...(pod === undefined ? {} : { pod }) }),
    diagnoses: onePerCause(located.flat()).slice(0, most.diagnoses),
    changes: changesOf(survey.record, hash),
    gaps: gaps.sentences,
  });
}

/** Without a subject nothing is compared, and nodes may be thousands. */
async function readNodes(
  client: ClusterClient,
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<NodeView[]> {
  if (subjects.length === 0) return [];
  return (await client.list<Node, NodeView>(paths.nodes(), { signal, project: nodeView })).items;
}

/** Of a pod that looks well there is nothing to quote; what a gate measured of it stands in the finding. */
function isUnwell(subject: Subject, nowMs: number): boolean {
  // The answer stands on the page already; quoting it once more explains nothing.
  if (subject === refused) return false;
  const { pod, finding } = subject;
  return pod === null ? finding?.cause === 'PodNotCreated' || finding?.pod !== '' : symptomOf(pod, nowMs) !== null;
}

interface Known {
  survey: Survey;
  hash: string | null;
  nowMs: number;
  nodes: Promise<NodeView[]>;
}

async function evidenceOf(reading: Reading, subject: Subject, known: Known): Promise<Evidence> {
  const { survey, nowMs } = known;
  const hash = subject.pod?.hash ?? known.hash ?? survey.record?.target?.hash ?? '';
  const [pod, node, nodes] = await Promise.all([
    podEvidence(reading, subject),
    nodeEvidence(reading, subject),
    known.nodes,
  ]);
  const alike = alikeOf({ nowMs, nodes, pods: survey.pods, hash, failing: subject.failing });
  return { nowMs, pod, node, changes: changesOf(survey.record, hash), alike };
}

async function nodeEvidence({ client, signal, gaps }: Reading, { node }: Subject): Promise<Evidence['node']> {
  if (node === '') return null;
  const raw = await gaps.unless(`node ${node}`, null, () => client.get<Node>(paths.node(node), { signal }));
  if (raw === null) return null;
  const conditions = (raw.status?.conditions ?? [])
    .slice(0, most.conditions)
    .map(({ type, status, reason = '', message = '' }) => ({ type, status, reason, message: shown(message, 400) }));
  const { allocatable } = raw.status ?? {};
  return { ...nodeView(raw), conditions, ...(allocatable === undefined ? {} : { allocatable }) };
}

/** Whoever reads the finding must not take logs for empty that nobody could read. */
function withGap(diagnosis: Diagnosis, gaps: Gaps): Diagnosis {
  const unread = gaps.sentences
    .filter((sentence) => /^(?:logs|events): /.test(sentence))
    .map((gap) => `not read: ${gap}`);
  if (unread.length === 0) return diagnosis;
  return { ...diagnosis, evidence: [...diagnosis.evidence.slice(0, most.evidence - unread.length), ...unread] };
}

function bounded(explanation: Explanation): Explanation {
  const { diagnoses } = explanation;
  if (diagnoses.length <= 1 || utf8Length(JSON.stringify(explanation)) <= mostBytes) return explanation;
  return bounded({ ...explanation, diagnoses: diagnoses.slice(0, -1) });
}
