import { Client, Connection } from '@temporalio/client';
import type { TemporalConfig } from '../../client/index.ts';
import { applicationWorkflowId, type DaemonSetRef, rolloutWorkflowId } from '../../domain/ids.ts';

/** History events of an application and its rollout together, over all runs of both. */
export async function historyEvents(config: TemporalConfig, ref: DaemonSetRef, application: string): Promise<number> {
  const connection = await Connection.connect(config.connectionOptions);
  try {
    const { workflow } = new Client({ connection, namespace: config.namespace });
    let sum = 0;
    for (const id of [applicationWorkflowId(application), rolloutWorkflowId(ref)]) {
      for await (const { runId } of workflow.list({ query: `WorkflowId = "${id}"` })) {
        sum += (await workflow.getHandle(id, runId).describe()).historyLength;
      }
    }
    return sum;
  } finally {
    await connection.close();
  }
}
