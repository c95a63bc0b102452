import { readRecord } from '../cluster/record-store.ts';
import type { BatchInput, BatchResult } from '../contract.ts';
import type { BatchDeps } from './batch-deps.ts';

/** The two ways of the window, as the activities of the same names go them. */
export interface WindowWays {
  open: (input: { context: BatchInput['context']; phase: string }) => Promise<unknown>;
  close: (input: { context: BatchInput['context']; phase: string }) => Promise<unknown>;
}

/**
 * Runs a batch and, where it says `thenClose`, makes last good the live template again as soon as its nodes are done: nothing
 * joins on the new template between two activities, and a rollout of many batches keeps a short history.
 *
 * An attempt that closed the window and could not tell so leaves the record in phase `thenClose`. The next one opens it again
 * first, or it would take the closed window for an edit by someone else.
 */
export async function runThenClose(
  deps: Pick<BatchDeps, 'client'>,
  input: BatchInput,
  run: () => Promise<BatchResult>,
  { open, close }: WindowWays,
): Promise<BatchResult> {
  const { context, thenClose } = input;
  if (thenClose === undefined) return await run();
  const before = await readRecord(deps.client, context.ref);
  if (before?.record.phase === thenClose) await open({ context, phase: 'rolling' });
  const result = await run();
  if (result.verdict !== 'done') return result;
  await close({ context, phase: thenClose });
  return { ...result, windowClosed: true };
}
