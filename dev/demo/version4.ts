import { join } from 'node:path';
import { canaryPassed, planPrefix } from './canary.ts';
import { conclude, type Demo, expectThat } from './demo.ts';
import { tellProgress } from './progress.ts';
import { pushVersion } from './push.ts';
import { repositoryRoot, setting } from './setting.ts';
import { settled } from './settled.ts';

/** Version 4 is good. The forge's webhook is off: the CI job tells Nodewave, and a person approves by the command line. */
export async function rollVersion4(demo: Demo): Promise<void> {
  const { client, follower, narrator, repository, watcher } = demo;
  narrator.chapter("Version 4 is good, and arrives by CI instead of the forge's webhook");
  await repository.setWebhook(false);
  const { commit, from, returned } = await pushVersion(demo, '4');
  const said = await returned;
  expectThat(demo, said === '', `the forge's webhook is off and still said: ${said}`);
  const { observedCommit } = await client.applicationStatus(setting.application);
  expectThat(demo, observedCommit !== commit, 'version 4 was noticed before CI told of it');
  await callFromCi(demo);
  const stopTelling = tellProgress(watcher, narrator, '4');
  try {
    const plan = planPrefix(await canaryPassed(demo, '4', commit));
    const target = [`ds/${setting.daemonSet}`, '-n', setting.namespace];
    narrator.say(`nodewave approve ${target.join(' ')} --plan ${plan}`);
    narrator.detail(
      await demo.nodewave('approve', ...target, '--plan', plan, '--by', 'bob@example.com', '--reason', 'the fix works'),
    );
    const outcome = await follower.outcome(commit);
    await settled(demo, '4');
    stopTelling();
    conclude(demo, '4', { commit, cause: outcome.cause, from });
  } finally {
    stopTelling();
  }
}

async function callFromCi({ commands, narrator, processes, repository }: Demo): Promise<void> {
  const receiver = processes.setup.receivers.ci;
  if (receiver === undefined) throw new Error('there is no receiver called ci');
  narrator.say('sh examples/ci.sh   (signed as Standard Webhooks)');
  const { stdout } = await commands.run('sh', [join(repositoryRoot, 'examples', 'ci.sh')], {
    cwd: repository.clone,
    env: {
      PATH: process.env.PATH,
      NODEWAVE_WEBHOOK_URL: receiver.url,
      NODEWAVE_WEBHOOK_SECRET_FILE: receiver.secretFile,
    },
  });
  narrator.detail(stdout.trim());
}
