import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { type LogSubject, subjectOf, subjectOfArgument } from './subject.ts';

/** Puts application, rollout and commit into every line that an activity logs. */
export const activityLogInterceptors: ActivityInterceptorsFactory = (context) => {
  let subject: LogSubject = {};
  return {
    inbound: {
      execute: (input, next) => {
        subject = {
          ...subjectOfArgument(input.args[0]),
          ...subjectOf(context.info.workflowExecution?.workflowId ?? ''),
        };
        return next(input);
      },
    },
    outbound: { getLogAttributes: (input, next) => next({ ...input, ...subject }) },
  };
};
