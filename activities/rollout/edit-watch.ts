import { ApplicationFailure } from '@temporalio/activity';
import { NodewaveError } from '../../domain/failures.ts';
import { emptyRecord } from '../../domain/record.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { readRecord } from '../cluster/record-store.ts';
import type { GuardActivities } from '../contract.ts';
import { findEdit } from './edits.ts';

/** How often it is looked: whoever puts RollingUpdate back sets the controller free at once, and a person must know soon. */
const lookEveryMs = 5_000;

/**
 * One look of `waitForEdit`: two GETs. A cluster that cannot be asked is no news: whoever has something to do there says so.
 * @throws ApplicationFailure BENIGN while there is no news: the server starts the next look
 */
export async function lookForEdit(
  client: ClusterClient,
  question: Parameters<GuardActivities['waitForEdit']>[0],
): Promise<{ edit: string | null }> {
  const edit = await look(client, question);
  if (edit !== undefined && edit !== question.told) return { edit };
  throw ApplicationFailure.create({
    type: 'NoNews',
    message: 'nobody else has changed the DaemonSet since',
    category: 'BENIGN',
    nextRetryDelay: lookEveryMs,
  });
}

/** Undefined where it cannot be told. */
async function look(
  client: ClusterClient,
  { context, live }: Parameters<GuardActivities['waitForEdit']>[0],
): Promise<string | null | undefined> {
  try {
    const stored = await readRecord(client, context.ref);
    // The record goes with its DaemonSet: that one is gone is all that can be found without it.
    const record = stored?.record ?? emptyRecord(context.application, '');
    const good = record.good[0]?.templateDigest;
    return await findEdit(client, context.ref, record, live === 'lastGood' ? good : undefined, good);
  } catch (error) {
    if (error instanceof NodewaveError) return undefined;
    throw error;
  }
}
