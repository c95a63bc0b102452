import { conclude, type Demo, expectThat } from './demo.ts';
import { rolloutRef } from './follow.ts';
import { pushVersion } from './push.ts';
import { setting } from './setting.ts';
import { settled } from './settled.ts';

/** Version 3 crashes on the canaries; Nodewave stops, puts them back and keeps the commit off the cluster. */
export async function rollBackVersion3(demo: Demo): Promise<void> {
  const { client, follower, narrator } = demo;
  narrator.chapter('Version 3 crashes: stopped at the canary, rolled back by itself');
  const { commit, from, returned } = await pushVersion(demo, '3');
  narrator.detail(await returned);
  const outcome = await follower.outcome(commit);
  await settled(demo, '2');
  narrator.say(`cause: ${outcome.cause ?? 'none given'}`);
  const { findings } = await client.rolloutStatus(rolloutRef);
  for (const finding of findings.slice(0, setting.zones.length)) {
    narrator.detail(
      `${finding.cause} on ${finding.node}, pod ${finding.pod}\n  ${finding.evidence}\n  next: ${finding.nextStep}`,
    );
  }
  const { phase, sentence } = await client.applicationStatus(setting.application);
  narrator.say(`application ${phase}: ${sentence}`);
  expectThat(demo, phase === 'held', `after version 3 the application is ${phase}, expected held`);
  conclude(demo, '3', { commit, cause: outcome.cause, from });
}
