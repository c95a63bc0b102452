import type { Explanation } from '../domain/diagnosis/explanation.ts';
import { applicationWorkflowId } from '../domain/ids.ts';
import { type ExplainRequest, messageNames } from '../domain/wire.ts';
import { aboutApplication } from './applications.ts';
import { activityDeadlineMs, call } from './calls.ts';
import type { TemporalAccess } from './connection.ts';

/** Update `explain`: a worker looks at the cluster; changes nothing. */
export async function explainDaemonSet(
  access: TemporalAccess,
  application: string,
  request: ExplainRequest,
): Promise<Explanation> {
  return call(access, { ...aboutApplication(application), deadlineMs: activityDeadlineMs }, () =>
    access.client.workflow
      .getHandle(applicationWorkflowId(application))
      .executeUpdate<Explanation, [ExplainRequest]>(messageNames.explain, { args: [request] }),
  );
}
