import type { Kind } from '../../facts.ts';

/** Where scheduler and kubelet tell that a pod has no place. */
export const placeTexts: readonly Kind[] = ['condition', 'event', 'pod'];

/** Findings that are the whole story where a scheduler names several reasons, one per group of nodes. */
export const otherNodes = ['NodeAffinityMismatch', 'Unschedulable'] as const;
