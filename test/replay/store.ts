import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// The SDK's own reader of histories fails where npm installs protobufjs more than once ("type must be a Type").
import { temporal } from '@temporalio/proto';

/** Where recorded histories are kept, a folder for each time that they were recorded: what once ran must replay for good. */
const historiesDir = join(import.meta.dirname, 'histories');

/** One run of a workflow, as Temporal kept it. */
export interface RecordedHistory {
  /** What happens in it; the file's name. */
  name: string;
  /** The recording that it is from, counted from 1. */
  generation?: number;
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

/** The recordings that there are, oldest first. */
function generations(): number[] {
  return readdirSync(historiesDir)
    .map(Number)
    .sort((a, b) => a - b);
}

/** All recorded histories of all recordings, by name. */
export function readHistories(): RecordedHistory[] {
  return generations().flatMap((generation) => {
    const dir = join(historiesDir, `${generation}`);
    const read = (file: string): RecordedHistory =>
      JSON.parse(readFileSync(join(dir, file), 'utf8')) as RecordedHistory;
    return readdirSync(dir)
      .sort()
      .map((file) => ({ ...read(file), generation }));
  });
}

/** Adds a recording beside those that are there. An event a line, so that a change of one can be read. */
export function writeHistories(histories: readonly RecordedHistory[]): void {
  const dir = join(historiesDir, `${Math.max(0, ...generations()) + 1}`);
  mkdirSync(dir, { recursive: true });
  for (const { name, workflowId, history } of histories) {
    const events = history.events.map((event) => JSON.stringify(event, withoutIdentity)).join(',\n');
    const head = `"name":${JSON.stringify(name)},"workflowId":${JSON.stringify(workflowId)}`;
    writeFileSync(join(dir, `${name}.json`), `{${head},"history":{"events":[\n${events}\n]}}\n`);
  }
}

/** Processes and hosts of whoever recorded mean nothing to a replay. */
function withoutIdentity(key: string, value: unknown): unknown {
  return key === 'identity' ? 'recorded' : value;
}
