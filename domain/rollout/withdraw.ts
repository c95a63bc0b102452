import type { DaemonSetRecord, Grant } from '../record.ts';

/** A node that was granted a moment ago. */
type Wish = Pick<Grant, 'nodeUid' | 'podUid'>;

/**
 * The record without grants that were given a moment ago and not acted on, because somebody pulled the brake or a window closed
 * in between. Left there they would count as out for as long as anybody might still act on them, and hold the way back up. Those
 * with hooks stay: something may have been done to their nodes already.
 * @param touchedBefore nodes that were touched before these grants were given
 */
export function withdrawn(
  record: DaemonSetRecord,
  unused: readonly Wish[],
  touchedBefore: readonly string[],
): DaemonSetRecord {
  const pods = new Set(unused.map(({ podUid }) => podUid));
  const isUnused = (grant: Grant): boolean => pods.has(grant.podUid) && grant.hooks === undefined;
  const gone = new Set(record.grants.filter(isUnused).map(({ nodeUid }) => nodeUid));
  const before = new Set(touchedBefore);
  return {
    ...record,
    grants: record.grants.filter((grant) => !isUnused(grant)),
    touched: record.touched.filter((uid) => before.has(uid) || !gone.has(uid)),
  };
}
