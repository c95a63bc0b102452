import type { NodewaveClient } from '../../client/index.ts';
import type { ManagedProcess } from '../stack/process.ts';
import type { Stack } from '../stack/stack.ts';
import type { Commands } from './commands.ts';
import type { Follower } from './follow.ts';
import { outcomeOf } from './outcome.ts';
import type { Processes } from './processes.ts';
import type { Repository } from './repository.ts';
import type { Killed, VersionResult } from './result.ts';
import type { Narrator } from './say.ts';
import { imageOf, setting, type Version } from './setting.ts';
import { figuresOf, type Pause } from './statistics.ts';
import type { Watcher } from './watcher.ts';

/** Everything that the chapters of the demo work with. */
export interface Demo {
  narrator: Narrator;
  commands: Commands;
  stack: Stack;
  processes: Processes;
  repository: Repository;
  client: NodewaveClient;
  follower: Follower;
  watcher: Watcher;
  /** The worker that runs now. */
  worker: ManagedProcess;
  /** Runs the command line as people do; returns what it printed. */
  nodewave(...args: string[]): Promise<string>;
  /** What was measured so far; shared with whoever prints it if the story breaks off. */
  measured: { versions: VersionResult[]; killed: Killed | null; pushToFirstDeleteMs: number | null };
  /** Sentences on what was not as expected. */
  differences: string[];
}

/** Notes a difference unless the expectation holds; says so at once. */
export function expectThat(demo: Demo, holds: boolean, otherwise: string): void {
  if (holds) return;
  demo.differences.push(otherwise);
  demo.narrator.say(`NOT AS EXPECTED: ${otherwise}`);
}

/** Judges and measures a version by the watch, notes the result and tells it. */
export function conclude(
  demo: Demo,
  version: Version,
  told: { commit: string; cause: string | null; from: number; pauses?: Pause[] },
): VersionResult {
  const span = { from: told.from, to: demo.watcher.mark() };
  const image = imageOf(version);
  const result: VersionResult = {
    version,
    commit: told.commit,
    outcome: outcomeOf(demo.watcher.observations, span, image),
    cause: told.cause,
    budget: setting.budget,
    ...figuresOf(demo.watcher.observations, span, image, told.pauses),
  };
  demo.measured.versions.push(result);
  demo.narrator.say(`watch: version ${version} ${result.outcome}, ${result.nodesTouched} nodes touched`);
  return result;
}
