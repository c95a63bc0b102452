import type { RolloutView } from '../../client/index.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import { planPrefix } from './canary.ts';
import type { Demo } from './demo.ts';
import { rolloutRef } from './follow.ts';
import { sendUiUpdate } from './temporal-ui.ts';

/** Approves as a person does on the workflow's page: Update, "approve", the JSON, send. */
export async function approveInUi(demo: Demo, view: RolloutView): Promise<void> {
  const { narrator, stack } = demo;
  const uiUrl = stack.temporal.uiUrl;
  if (uiUrl === undefined) throw new Error('the Temporal UI does not run');
  const input = { by: 'bob@example.com', reason: 'the canaries look good', plan: planPrefix(view) };
  const { request, result } = await sendUiUpdate({
    uiUrl,
    namespace: stack.temporal.namespace,
    workflowId: rolloutWorkflowId(rolloutRef),
    name: 'approve',
    input,
  });
  narrator.say('bob approves in the Temporal UI');
  narrator.detail(`${request}\n  with ${JSON.stringify(input)}`);
  const message = (result as { message?: unknown } | null)?.message;
  narrator.detail(typeof message === 'string' ? message : JSON.stringify(result));
}
