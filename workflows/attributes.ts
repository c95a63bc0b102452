import { defineSearchAttributeKey } from '@temporalio/common';
import { searchAttributeNames } from '../domain/ids.ts';

/** Typed keys of the search attributes. An unregistered one fails a workflow task for ever, so the worker checks at start. */
export const searchAttributes = {
  application: defineSearchAttributeKey(searchAttributeNames.application, 'KEYWORD'),
  cluster: defineSearchAttributeKey(searchAttributeNames.cluster, 'KEYWORD'),
  daemonSet: defineSearchAttributeKey(searchAttributeNames.daemonSet, 'KEYWORD'),
  phase: defineSearchAttributeKey(searchAttributeNames.phase, 'KEYWORD'),
  commit: defineSearchAttributeKey(searchAttributeNames.commit, 'KEYWORD'),
};
