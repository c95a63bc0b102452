import { stopOnSignals } from '../stack/exit-guard.ts';
import { requireGit } from '../tools/prerequisites.ts';
import { adoptVersion1 } from './adopt.ts';
import { parseArguments } from './arguments.ts';
import { makeCommands } from './commands.ts';
import type { Demo } from './demo.ts';
import { differencesOf } from './expectations.ts';
import { leaveRunning, saveLogs } from './keep.ts';
import { type DemoResult, resultJson } from './result.ts';
import { makeNarrator, type Narrator } from './say.ts';
import { setUp, startDemoStack } from './set-up.ts';
import { setting } from './setting.ts';
import { summaryOf } from './summary.ts';
import { rollVersion2 } from './version2.ts';
import { rollBackVersion3 } from './version3.ts';
import { rollVersion4 } from './version4.ts';

/** What is left when the story has ended, or broken off. */
interface Told {
  demo: Demo | null;
  error: string | null;
  /** Someone asked to stop; whoever handles that ends the process. */
  interrupted: boolean;
  /** Ends everything that was started. */
  stop: () => Promise<void>;
}

async function tell(narrator: Narrator): Promise<Told> {
  const commands = makeCommands();
  const told: Told = { demo: null, error: null, interrupted: false, stop: async () => commands.stop() };
  stopOnSignals(async () => {
    told.interrupted = true;
    narrator.plain('\nstopping ...');
    await told.stop();
    narrator.plain('stopped; nothing is left running');
  });
  try {
    requireGit();
    narrator.chapter(`A cluster of ${setting.nodes} nodes in ${setting.zones.length} zones`);
    const stack = await startDemoStack(narrator);
    told.stop = async () => {
      commands.stop();
      told.demo?.watcher.stop();
      await stack.stop();
    };
    const { demo, commit } = await setUp(stack, narrator, commands);
    told.demo = demo;
    await adoptVersion1(demo, commit);
    await rollVersion2(demo);
    await rollBackVersion3(demo);
    await rollVersion4(demo);
  } catch (error) {
    told.error = error instanceof Error ? error.message : String(error);
    if (!told.interrupted) narrator.say(`BROKEN OFF: ${told.error}`);
  }
  return told;
}

function resultOf(demo: Demo | null, narrator: Narrator): DemoResult {
  const nothing = { versions: [], killed: null, pushToFirstDeleteMs: null };
  return { ...(demo?.measured ?? nothing), seconds: narrator.seconds() };
}

function differences({ demo, error }: Told, result: DemoResult): string[] {
  const hole = demo?.watcher.problem() ?? null;
  return [
    ...(error === null ? [] : [`the demo broke off: ${error}`]),
    ...(hole === null ? [] : [`the watch has a hole, so the figures may be wrong: ${hole}`]),
    ...(demo?.differences ?? []),
    ...differencesOf(result),
  ];
}

/** `npm run demo`: the main job from end to end on this machine, told as it happens and measured from outside. */
async function main(): Promise<number> {
  const args = parseArguments(process.argv.slice(2));
  if (typeof args === 'string') {
    process.stderr.write(`${args}\n`);
    return 2;
  }
  // With --json the story goes to stderr, so that stdout is one line for programs.
  const narrator = makeNarrator(args.json ? process.stderr : process.stdout);
  const told = await tell(narrator);
  // Everything fails at once while it is being stopped; none of that is worth a summary.
  if (told.interrupted) return await new Promise<never>(() => undefined);
  const result = resultOf(told.demo, narrator);
  narrator.chapter('Summary, by a watch on the cluster and not by what Nodewave says');
  narrator.plain(summaryOf(result));
  const wrong = differences(told, result);
  narrator.plain(
    wrong.length === 0
      ? 'Everything was as expected.'
      : `\nNot as expected:\n${wrong.map((line) => `  - ${line}`).join('\n')}`,
  );
  await told.demo?.client.close();
  told.demo?.watcher.stop();
  if (args.keep && told.demo !== null) {
    narrator.plain(`\n${await leaveRunning(told.demo)}`);
  } else {
    if (wrong.length > 0) narrator.plain(`\nLogs: ${saveLogs()}`);
    await told.stop();
  }
  if (args.json) process.stdout.write(`${resultJson(result)}\n`);
  return wrong.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
