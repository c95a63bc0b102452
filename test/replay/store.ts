import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// The SDK's own reader of histories fails where npm installs protobufjs more than once ("type must be a Type").
import { temporal } from '@temporalio/proto';

/** Where recorded histories are kept. */
export const historiesDir = join(import.meta.dirname, 'histories');

/** One run of a workflow, as Temporal kept it. */
export interface RecordedHistory {
  /** What happens in it; the file's name. */
  name: string;
  workflowId: string;
  history: { events: Record<string, unknown>[] };
}

const { History } = temporal.api.history.v1;

/** What Temporal gives, as plain JSON: numbers of 64 bits and bytes are texts, enums are their names. */
export function toJson(history: temporal.api.history.v1.IHistory): RecordedHistory['history'] {
  const plain = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
  return plain as RecordedHistory['history'];
}

/** The way back, for a replay. */
export function fromJson(history: RecordedHistory['history']): temporal.api.history.v1.History {
  return History.fromObject(history);
}

/** All recorded histories, by name. */
export function readHistories(): RecordedHistory[] {
  const files = readdirSync(historiesDir).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => JSON.parse(readFileSync(join(historiesDir, file), 'utf8')) as RecordedHistory);
}

/** Replaces all recorded histories. An event a line, so that a change of one can be read. */
export function writeHistories(histories: readonly RecordedHistory[]): void {
  rmSync(historiesDir, { recursive: true, force: true });
  mkdirSync(historiesDir, { recursive: true });
  for (const { name, workflowId, history } of histories) {
    const events = history.events.map((event) => JSON.stringify(event, withoutIdentity)).join(',\n');
    const head = `"name":${JSON.stringify(name)},"workflowId":${JSON.stringify(workflowId)}`;
    writeFileSync(join(historiesDir, `${name}.json`), `{${head},"history":{"events":[\n${events}\n]}}\n`);
  }
}

/** Processes and hosts of whoever recorded mean nothing to a replay. */
function withoutIdentity(key: string, value: unknown): unknown {
  return key === 'identity' ? 'recorded' : value;
}
