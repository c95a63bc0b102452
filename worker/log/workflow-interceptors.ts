import { defineSearchAttributeKey } from '@temporalio/common';
import { type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import { searchAttributeNames } from '../../domain/ids.ts';
import { type LogSubject, subjectOf } from './subject.ts';

const applicationKey = defineSearchAttributeKey(searchAttributeNames.application, 'KEYWORD');
const commitKey = defineSearchAttributeKey(searchAttributeNames.commit, 'KEYWORD');

function subject(): LogSubject {
  const { workflowId, typedSearchAttributes } = workflowInfo();
  const application = typedSearchAttributes.get(applicationKey);
  const commit = typedSearchAttributes.get(commitKey);
  return {
    ...(application === undefined ? {} : { application }),
    ...(commit === undefined ? {} : { commit }),
    ...subjectOf(workflowId),
  };
}

/** Puts application, rollout and commit into every line that workflow code logs. Bundled with the workflows. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [{ getLogAttributes: (input, next) => next({ ...input, ...subject() }) }],
});
