import { setTimeout as delay } from 'node:timers/promises';
import { type Demo, expectThat } from './demo.ts';
import { setting } from './setting.ts';
import type { Pause } from './statistics.ts';

const target = [`ds/${setting.daemonSet}`, '-n', setting.namespace];
/** Long enough to see that nothing happens. */
const pausedForMs = 1_500;

/** Pauses the rollout by the command line, watches that nothing is deleted, and resumes it. */
export async function pauseAndResume(demo: Demo, commit: string): Promise<Pause> {
  const { follower, narrator, watcher } = demo;
  const fromMs = Date.now();
  narrator.say(`nodewave pause ${target.join(' ')} --reason "a graph looks odd"`);
  narrator.detail(
    await demo.nodewave('pause', ...target, '--by', 'carol@example.com', '--reason', 'a graph looks odd'),
  );
  await follower.rollout(commit, 'the pause', ({ phase }) => phase === 'paused');
  const mark = watcher.mark();
  await delay(pausedForMs);
  const deleted = watcher.observations.slice(mark).filter((seen) => seen.kind === 'pod' && seen.leaving).length;
  expectThat(demo, deleted === 0, `${deleted} pods were deleted in the pause`);
  const out = watcher.fleet.out().length;
  narrator.say(`watch: paused for ${pausedForMs / 1_000} s, ${deleted} pods deleted, ${out} nodes without an agent`);
  const toMs = Date.now();
  narrator.say(`nodewave resume ${target.join(' ')}`);
  narrator.detail(
    await demo.nodewave('resume', ...target, '--by', 'carol@example.com', '--reason', 'it was the graph'),
  );
  return { fromMs, toMs };
}
