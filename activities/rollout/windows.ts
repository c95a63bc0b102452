import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { RolloutActivities, RolloutContext } from '../contract.ts';
import type { RolloutCall } from './call.ts';
import { armPin, disarmPin } from './pin.ts';
import { RecordHandle } from './record-handle.ts';
import { readManaged, writeTemplate } from './template.ts';

/** See `RolloutActivities.openWindow`. */
export async function openWindow(
  call: RolloutCall,
  input: Parameters<RolloutActivities['openWindow']>[0],
): Promise<{ toHash: string }> {
  const { client, signal } = call;
  const { ref } = input.context;
  const handle = await takeRecord(call, input);
  const { target } = handle.record;
  if (target === null) throw new NodewaveError('Conflict', `the record of ${daemonSetLabel(ref)} has no target`);
  // Pinned before the new template is there, and else not: what a terminated rollout has left would keep nodes from it.
  if (input.pin === true) await armPin(client, ref, handle, signal);
  else await disarmPin(client, ref, handle);
  const { revision } = await writeTemplate({
    client,
    ref,
    handle,
    templateDigest: target.templateDigest,
    phase: input.phase,
    force: input.force === true,
    signal,
  });
  if (target.hash !== undefined && target.hash !== revision.hash) {
    throw new NodewaveError(
      'Conflict',
      `the target of ${daemonSetLabel(ref)} had hash ${target.hash} and now has ${revision.hash}: its ControllerRevision was removed by someone`,
    );
  }
  await handle.update((record) =>
    record.target === null ? record : { ...record, target: { ...target, hash: revision.hash } },
  );
  return { toHash: revision.hash };
}

/** See `RolloutActivities.closeWindow`. */
export async function closeWindow(
  call: RolloutCall,
  input: Parameters<RolloutActivities['closeWindow']>[0],
): Promise<{ liveHash: string | null }> {
  const { client, signal } = call;
  const { ref } = input.context;
  const handle = await takeRecord(call, input);
  const [good] = handle.record.good;
  if (good === undefined) return { liveHash: null };
  const { revision } = await writeTemplate({
    client,
    ref,
    handle,
    templateDigest: good.templateDigest,
    phase: input.phase,
    force: input.force === true,
    signal,
  });
  if (revision.hash !== good.hash) {
    throw new NodewaveError(
      'Conflict',
      `last good of ${daemonSetLabel(ref)} had hash ${good.hash} and came back as ${revision.hash}: untouched pods would be replaced, so nothing is`,
    );
  }
  await disarmPin(client, ref, handle);
  return { liveHash: revision.hash };
}

/** The record before the template: from this write on no older batch can grant a node, whatever it still believes. */
async function takeRecord(
  call: RolloutCall,
  { context, phase }: { context: RolloutContext; phase: string },
): Promise<RecordHandle> {
  const live = await readManaged(call.client, context.ref, context.application);
  return await RecordHandle.take(call.client, context, call.attempt, live.metadata.uid, (record) => ({
    ...record,
    phase,
  }));
}
