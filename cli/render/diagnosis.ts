import type { BriefDiagnosis } from '../../domain/diagnosis/brief.ts';
import type { LocatedDiagnosis } from '../../domain/diagnosis/explanation.ts';
import type { Blame } from '../../domain/diagnosis/types.ts';
import { plain } from './text.ts';

const blames: Record<Blame, string> = {
  release: 'the release is to blame',
  node: 'the node is to blame',
  unclear: 'release or node: unclear',
};

/** A diagnosis with its evidence; `Next:` says what to do. */
export function diagnosisLines(one: LocatedDiagnosis): string[] {
  const where = [
    ...(one.pod === '' ? [] : [`pod ${plain(one.pod)}`]),
    ...(one.node === '' ? [] : [`node ${plain(one.node)}`]),
    plain(one.spread),
  ];
  return [
    headLine(one),
    `  ${plain(one.what)}`,
    `  Where: ${where.filter((part) => part !== '').join(', ')}`,
    ...(one.evidence.length === 0 ? [] : ['  Evidence:', ...one.evidence.map((text) => `  - ${plain(text)}`)]),
    `  Next: ${plain(one.nextStep)}`,
  ];
}

/** What is left of a diagnosis when its rollout has ended. */
export function briefLines(one: BriefDiagnosis): string[] {
  return [headLine(one), `  ${plain(one.what)}`, ...(one.nextStep === '' ? [] : [`  Next: ${plain(one.nextStep)}`])];
}

function headLine({ cause, confidence, blame }: BriefDiagnosis): string {
  return `${plain(cause)} (confidence ${confidence}; ${blames[blame]})`;
}

/** The section of a page that says why; nothing where nobody knows. */
export function diagnosisSection(all: readonly LocatedDiagnosis[], heading: string): string[] {
  if (all.length === 0) return [];
  return [heading, ...all.flatMap(diagnosisLines).map((line) => `  ${line}`)];
}
