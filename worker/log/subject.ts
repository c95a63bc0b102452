import { applicationWorkflowId } from '../../domain/ids.ts';

/** What a log line is about; fields that are not known are absent. */
export interface LogSubject {
  application?: string;
  /** `CLUSTER:NAMESPACE/DAEMONSET`. */
  rollout?: string;
  commit?: string;
}

const applicationPrefix = applicationWorkflowId('');
const rolloutPrefix = 'rollout:';

/** What a workflow id says about the subject. */
export function subjectOf(workflowId: string): LogSubject {
  if (workflowId.startsWith(applicationPrefix)) return { application: workflowId.slice(applicationPrefix.length) };
  if (workflowId.startsWith(rolloutPrefix)) return { rollout: workflowId.slice(rolloutPrefix.length) };
  return {};
}

/** Reads application and commit out of an activity's argument, whatever its shape. */
export function subjectOfArgument(argument: unknown): LogSubject {
  const subject: LogSubject = {};
  const application = text(argument, 'context', 'application') ?? text(argument, 'spec', 'name');
  const commit =
    text(argument, 'commit') ?? text(argument, 'plan', 'commit') ?? text(argument, 'batch', 'context', 'commit');
  if (application !== undefined) subject.application = application;
  if (commit !== undefined) subject.commit = commit;
  return subject;
}

function text(value: unknown, ...path: string[]): string | undefined {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return typeof current === 'string' ? current : undefined;
}
