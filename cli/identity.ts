import { existsSync } from 'node:fs';
import type { CliEnv } from './env.ts';
import { CliError } from './errors.ts';

/** How long the cluster may take to say who one is, milliseconds; a person waits. */
const reviewDeadlineMs = 2_000;

/**
 * Who sends a message: what was given with `--by`, else the user name that the current cluster knows (SelfSubjectReview),
 * else `$USER`. It is a claim, kept in the history beside Temporal's own identity of the sender.
 */
export async function findSender(given: string | undefined, env: CliEnv): Promise<string> {
  if (given !== undefined) {
    if (given.trim() === '')
      throw new CliError('usage', '--by is empty', 'Say who sends this, for example --by ann@example.com.');
    return given.trim();
  }
  const sender = (await reviewedName(env.kubeconfigFiles)) ?? env.user;
  if (sender === undefined) {
    throw new CliError(
      'usage',
      'nobody is named as the sender: no cluster says who you are, and $USER is not set',
      'Name yourself, for example --by ann@example.com.',
    );
  }
  return sender;
}

async function reviewedName(files: readonly string[]): Promise<string | undefined> {
  const existing = files.filter((file) => existsSync(file));
  if (existing.length === 0) return undefined;
  // Loaded only here: it costs half a second that reading commands need not pay.
  const kubernetes = await import('@kubernetes/client-node');
  const deadline = new Promise<undefined>((resolve) => {
    setTimeout(resolve, reviewDeadlineMs, undefined).unref();
  });
  // A kubeconfig may run a program that asks for a login: it must not hold up the message.
  return await Promise.race([review(kubernetes, existing).catch(() => undefined), deadline]);
}

async function review(
  { AuthenticationV1Api, KubeConfig }: typeof import('@kubernetes/client-node'),
  files: readonly string[],
): Promise<string | undefined> {
  const [first, ...others] = files.map((file) => {
    const config = new KubeConfig();
    config.loadFromFile(file);
    return config;
  });
  if (first === undefined) return undefined;
  for (const other of others) first.mergeConfig(other);
  if (first.getCurrentCluster() === null) return undefined;
  const answer = await first.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} });
  return answer.status?.userInfo?.username || undefined;
}
