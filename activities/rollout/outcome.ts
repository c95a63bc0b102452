import { digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { type DaemonSetRecord, goodRevisionsKept, type QuarantineEntry } from '../../domain/record.ts';
import type { Revision } from '../cluster/revisions.ts';
import type { RolloutActivities } from '../contract.ts';
import type { RolloutCall } from './call.ts';
import { undoLeftovers, undoRecorded } from './hook-undo.ts';
import { disarmPin } from './pin.ts';
import { RecordHandle } from './record-handle.ts';
import { readManaged, writeTemplate } from './template.ts';

/** Quarantine entries kept; older ones concern commits that nobody rolls out again. */
const quarantineKept = 20;

/** See `RolloutActivities.promote`. */
export async function promote(call: RolloutCall, input: Parameters<RolloutActivities['promote']>[0]): Promise<void> {
  const { client, signal } = call;
  const { ref, application } = input.context;
  const live = await readManaged(client, ref, application);
  const handle = await RecordHandle.take(client, input.context, call.attempt, live.metadata.uid);
  await undoLeftovers(client, { application, ...ref }, handle);
  const { target, good } = handle.record;
  if (target === null) {
    // A second attempt after the first one's write: the record is the proof that it is done.
    if (good[0]?.templateDigest === digest(live.spec.template)) return await disarmPin(client, ref, handle);
    throw new NodewaveError('Conflict', `the record of ${daemonSetLabel(ref)} has no target to promote`);
  }
  const write = () =>
    writeTemplate({
      client,
      ref,
      handle,
      templateDigest: target.templateDigest,
      phase: input.phase,
      force: false,
      signal,
    });
  const { revision } = await write();
  await handle.update((record) => promoted(record, revision, input, Date.now()));
  await write();
  await disarmPin(client, ref, handle);
}

/** See `RolloutActivities.recordOutcome`. */
export async function recordOutcome(
  call: RolloutCall,
  input: Parameters<RolloutActivities['recordOutcome']>[0],
): Promise<void> {
  const { client, signal } = call;
  const { ref, application } = input.context;
  const live = await readManaged(client, ref, application).catch(async (error: unknown) => {
    // Taken from us, or gone: what hooks have done to nodes is still ours to undo.
    await undoRecorded(client, { application, ...ref });
    throw error;
  });
  const handle = await RecordHandle.take(client, input.context, call.attempt, live.metadata.uid);
  // Before the grants go, which alone know what is to be undone.
  await undoLeftovers(client, { application, ...ref }, handle);
  await handle.update((record) => ended(record, input.outcome, input.quarantine, Date.now()));
  await disarmPin(client, ref, handle);
  const liveDigest = digest(live.spec.template);
  // Only the annotations change; a template that someone else wrote is not ours to write again.
  if (handle.record.templates[liveDigest] === undefined) return;
  await writeTemplate({
    client,
    ref,
    handle,
    templateDigest: liveDigest,
    phase: input.outcome,
    force: false,
    signal,
  });
}

function promoted(
  record: DaemonSetRecord,
  revision: Revision,
  input: Parameters<RolloutActivities['promote']>[0],
  nowMs: number,
): DaemonSetRecord {
  const { target } = record;
  if (target === null) return record;
  const entry = {
    commit: target.commit,
    revision: revision.name,
    hash: revision.hash,
    templateDigest: target.templateDigest,
    quarantineKey: target.quarantineKey,
    atMs: nowMs,
  };
  const { leave } = input;
  const left = leave === undefined ? undefined : record.good[0];
  const others = record.good.filter((good) => good.templateDigest !== target.templateDigest && good !== left);
  const good = [entry, ...others].slice(0, goodRevisionsKept);
  const quarantine =
    leave === undefined || left === undefined
      ? record.quarantine
      : quarantined(record, { ...leave, key: left.quarantineKey ?? leave.key, commit: left.commit, atMs: nowMs });
  return pruned({ ...record, phase: input.phase, good, quarantine, target: null, grants: [], touched: [] });
}

function quarantined(record: DaemonSetRecord, entry: QuarantineEntry): QuarantineEntry[] {
  return [entry, ...record.quarantine.filter((other) => other.key !== entry.key)].slice(0, quarantineKept);
}

function ended(
  record: DaemonSetRecord,
  outcome: string,
  quarantine: { reason: string; by?: string } | undefined,
  nowMs: number,
): DaemonSetRecord {
  const { target } = record;
  // Nodes that an earlier rollout had left behind were being taken back to last good: that is never quarantined.
  const isGood = target !== null && target.templateDigest === record.good[0]?.templateDigest;
  const entries =
    quarantine === undefined || target === null || isGood
      ? record.quarantine
      : quarantined(record, { ...quarantine, key: target.quarantineKey, commit: target.commit, atMs: nowMs });
  // The target's template stays until the next rollout: without a last good it is the live one.
  return { ...record, phase: outcome, quarantine: entries, target: null, grants: [], touched: [] };
}

function pruned(record: DaemonSetRecord): DaemonSetRecord {
  const kept = new Set(record.good.map((good) => good.templateDigest));
  return {
    ...record,
    templates: Object.fromEntries(Object.entries(record.templates).filter(([key]) => kept.has(key))),
  };
}
