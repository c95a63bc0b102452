import type { DaemonSetRecord } from '../../domain/record.ts';
import type { BatchInput } from '../contract.ts';

/** Digest of the template that must be live while the batch runs; `undefined` while nothing is deleted anyway. */
export function expectedDigest(input: BatchInput, record: DaemonSetRecord): string | undefined {
  if (input.observeOnly) return undefined;
  return input.direction === 'forward' ? record.target?.templateDigest : goodDigest(record, input.toHash);
}

function goodDigest(record: DaemonSetRecord, hash: string): string | undefined {
  return record.good.find((good) => good.hash === hash)?.templateDigest ?? record.target?.templateDigest;
}
