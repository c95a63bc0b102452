import { ClientError } from '../client/client-error.ts';
import type { NodewaveClient, RolloutDecisions } from '../client/index.ts';
import { type DaemonSetRef, daemonSetLabel } from '../domain/ids.ts';
import { shorten } from '../domain/markdown.ts';
import type { Accepted, RolloutStatus } from '../domain/wire.ts';
import type { Cli } from './context.ts';
import { CliError } from './errors.ts';
import { acceptedLines } from './render/accepted.ts';
import { plain } from './render/text.ts';
import { applicationOf, noSuchRollout, resolveDaemonSet } from './resolve.ts';
import { daemonSetArguments, type NamedDaemonSet } from './target.ts';

/** Sends a message to a DaemonSet's running rollout and prints the answer. */
export async function decideRollout<Name extends keyof RolloutDecisions>(
  cli: Cli,
  named: NamedDaemonSet,
  message: Name,
  decision: RolloutDecisions[Name],
): Promise<void> {
  const client = await cli.client();
  const ref = await resolveDaemonSet(client, named);
  const accepted = await sent(client, ref, message, decision);
  printAccepted(cli, ref, accepted, decision.by);
}

async function sent<Name extends keyof RolloutDecisions>(
  client: NodewaveClient,
  ref: DaemonSetRef,
  message: Name,
  decision: RolloutDecisions[Name],
): Promise<Accepted> {
  try {
    return await client.decide(ref, message, decision);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (error.kind === 'refused') throw refusal(ref, error);
    if (error.kind === 'ended' || error.kind === 'notFound') throw await noRollout(client, ref, message, error);
    throw error;
  }
}

function printAccepted(cli: Cli, ref: DaemonSetRef, accepted: Accepted, by: string): void {
  const target = daemonSetArguments(ref);
  cli.print({ ...accepted, by, ...ref }, () =>
    acceptedLines(`${daemonSetLabel(ref)} on cluster ${ref.cluster}`, accepted, `nodewave status ${target} --watch`),
  );
}

/** The workflow's own sentence, with where to see what it accepts. */
function refusal(ref: DaemonSetRef, error: ClientError): CliError {
  const cure = `What it takes now is shown by "nodewave status ${daemonSetArguments(ref)}".`;
  return new CliError('refused', plain(error.message), cure, { cause: error });
}

const forApplications: readonly string[] = ['retry', 'rollback'];

/** Nothing runs that could take the message: says how it ended, and who takes the message now. */
async function noRollout(
  client: NodewaveClient,
  ref: DaemonSetRef,
  message: string,
  error: ClientError,
): Promise<CliError> {
  if (error.kind === 'notFound' && !forApplications.includes(message)) {
    const { cluster, namespace, name } = ref;
    return await noSuchRollout(client, { cluster, namespace, name });
  }
  const status = await client.rolloutStatus(ref).catch(() => null);
  const last = status === null ? '' : `; the last one: ${shorten(plain(status.sentence), 200)}`;
  const text = `no rollout of ${daemonSetLabel(ref)} runs on cluster ${ref.cluster}${last}`;
  if (!forApplications.includes(message)) {
    const see = `See "nodewave status ${daemonSetArguments(ref)}".`;
    return new CliError('ended', text, `There is nothing to ${message}. ${see}`);
  }
  const application = status?.application ?? (await applicationOf(client, ref)) ?? 'APPLICATION';
  return new CliError(
    'ended',
    text,
    forApplication(message, `${application} --daemonset ${daemonSetLabel(ref)}`, status),
    {
      cause: error,
    },
  );
}

function forApplication(message: string, to: string, status: RolloutStatus | null): string {
  if (message === 'rollback') return `Send it to the application: nodewave rollback ${to} --reason WHY`;
  // The application would refuse a retry and name the release: one step less for a person who is paged.
  if (status?.outcome === 'rolledBack') {
    return `Its template is quarantined. To roll it out again: nodewave release-quarantine ${to}`;
  }
  return `Send it to the application: nodewave retry ${to}`;
}
