import type { Command } from 'commander';
import { ClientError } from '../../client/client-error.ts';
import type { NodewaveClient, RolloutView } from '../../client/index.ts';
import type { Explanation } from '../../domain/diagnosis/explanation.ts';
import { type DaemonSetRef, daemonSetLabel } from '../../domain/ids.ts';
import type { Cli } from '../context.ts';
import { makeCommand, type PlaceOptions, withPlace } from '../options.ts';
import { type Explained, explanationPage } from '../render/explanation.ts';
import { sentenceOf } from '../render/rollout.ts';
import { applicationOf, noSuchRollout, resolveDaemonSet } from '../resolve.ts';
import { parseDaemonSetOrPod } from '../target.ts';

/**
 * `nodewave explain ds/NAME|pod/NAME -n NS`: why a rollout failed, or why pods are not well. A rollout that has ended answers with
 * what it kept: going back has removed the pods that failed.
 */
export function explainCommand(cli: Cli): Command {
  const command = makeCommand('explain', 'Say why a rollout failed or a pod is not well, and what to do next', [
    'nodewave explain ds/log-agent -n monitoring          # the newest rollout, or the pods as they are now',
    'nodewave explain ds/log-agent -n monitoring --now    # the pods as they are now',
    'nodewave explain pod/log-agent-x7k2p -n monitoring   # one pod of a managed DaemonSet',
  ])
    .argument('<ds|pod/name>', 'a DaemonSet (ds/NAME), or one of its pods (pod/NAME)')
    .option('--now', 'look at the cluster, also when the rollout has kept what it saw');
  return withPlace(command).action(async (text: string, options: PlaceOptions & { now?: boolean }) => {
    const { daemonset, pod } = parseDaemonSetOrPod(text, options);
    const client = await cli.client();
    const ref = await resolveDaemonSet(client, daemonset);
    const view = await newestRollout(client, ref);
    const explained = await explainedOf(client, ref, view, pod, options.now === true);
    cli.print(explained, () => explanationPage(explained));
  });
}

async function explainedOf(
  client: NodewaveClient,
  ref: DaemonSetRef,
  view: RolloutView | null,
  pod: string | undefined,
  now: boolean,
): Promise<Explained> {
  const rollout = view === null ? null : { commit: view.commit, phase: view.phase, outcome: view.outcome };
  const common = { daemonset: ref, ...(pod === undefined ? {} : { pod }), rollout };
  const kept = pod === undefined && !now && view !== null ? (view.diagnoses ?? []) : [];
  if (view !== null && !view.running && kept.length > 0) return { ...common, ...keptBy(view) };
  const application = view?.application ?? (await applicationOf(client, ref));
  if (application === null) throw await noSuchRollout(client, ref);
  const request = { daemonset: daemonSetLabel(ref), ...(pod === undefined ? {} : { pod }) };
  try {
    const seen = await client.explain(application, request);
    if (seen.diagnoses.length === 0 && view !== null && kept.length > 0) return { ...common, ...keptBy(view) };
    return { ...common, from: 'cluster', ...seen };
  } catch (error) {
    if (!(error instanceof ClientError) || view === null || kept.length === 0) throw error;
    return { ...common, ...keptBy(view), gaps: [`the cluster was not asked: ${error.message}`] };
  }
}

function keptBy(view: RolloutView): Explanation & { from: 'rollout' } {
  return { from: 'rollout', sentence: sentenceOf(view), diagnoses: view.diagnoses ?? [], changes: [], gaps: [] };
}

/** A DaemonSet that was adopted, or installed long ago, has no rollout that Temporal remembers, and can be explained all the same. */
async function newestRollout(client: NodewaveClient, ref: DaemonSetRef): Promise<RolloutView | null> {
  try {
    return await client.rolloutStatus(ref);
  } catch (error) {
    if (error instanceof ClientError && error.kind === 'notFound') return null;
    throw error;
  }
}
