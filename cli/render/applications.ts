import type { ApplicationEntry } from '../../client/index.ts';
import { shortCommit } from '../../domain/markdown.ts';
import { table } from './table.ts';
import { age } from './time.ts';

/** The table of `nodewave get`. */
export function applicationsTable(entries: readonly ApplicationEntry[], nowMs: number): string[] {
  const rows = entries.map(({ name, status }) =>
    status === null
      ? [name, 'no answer', '-', '-', '-', '-']
      : [
          name,
          status.phase,
          commit(status.observedCommit),
          commit(status.syncedCommit),
          `${status.rollouts.length}`,
          status.observedAtMs === null ? 'never' : age(status.observedAtMs, nowMs),
        ],
  );
  return table(['NAME', 'PHASE', 'COMMIT', 'SYNCED', 'ROLLOUTS', 'LAST LOOK'], rows);
}

function commit(value: string | null): string {
  return value === null ? '-' : shortCommit(value);
}
