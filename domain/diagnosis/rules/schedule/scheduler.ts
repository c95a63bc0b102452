import type { Kind } from '../../facts.ts';

/** Where scheduler and kubelet tell that a pod has no place. */
export const placeTexts: readonly Kind[] = ['condition', 'event', 'pod'];

/** Findings that are the whole story where a scheduler names several reasons, one per group of nodes. */
export const otherNodes = ['NodeAffinityMismatch', 'Unschedulable'] as const;

/** What the scheduler says of each group of nodes, without the counts; empty for a text that is no such list. */
export function reasonsOf(text: string): string[] {
  const list = /\d+\/\d+ nodes are available: (?<reasons>.{1,1500})/.exec(text)?.groups?.reasons ?? '';
  // After the first full stop come other words: what preemption could do, what became of claims.
  return list
    .split('. ', 1)
    .flatMap((reasons) => reasons.split(/, (?=\d)/))
    .map((reason) => reason.replace(/^\d+ |\.$/g, ''))
    .filter((reason) => reason !== '');
}
