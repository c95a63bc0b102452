import { Context } from '@temporalio/activity';
import type { ApplicationSpec } from '../../domain/application/spec.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { InterlockPlace } from '../../domain/interlock.ts';
import type { ManifestObject } from '../../domain/manifest/object.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { createDiscovery, type Discovery } from '../cluster/discovery.ts';
import type { SyncActivities } from '../contract.ts';
import { whileBeating, withHeartbeat } from '../heartbeat.ts';
import { applyPlan } from './apply.ts';
import { type RenderCommit, renderAsPlanned, type SyncContext } from './context.ts';
import { prepareChangeSet } from './prepare.ts';
import { fieldPreview } from './preview.ts';
import { previewBatches } from './preview-batches.ts';
import { patchPreview } from './preview-patches.ts';
import { pruneDaemonSets } from './prune.ts';
import { pruneBatch } from './prune-batches.ts';
import { pruneStops } from './prune-stops.ts';
import { liftQuarantine } from './quarantine.ts';
import { releaseObjects } from './release.ts';
import { restoreObjects } from './restore.ts';
import { lookForStragglers } from './stragglers.ts';

/** What the sync activities are made from. */
export interface SyncDeps {
  /** The client of a configured cluster; throws BadInput for a name that the worker does not know. */
  clusterFor: (cluster: string) => ClusterClient;
  render: RenderCommit;
  /** Where the brake is, for tests that want one of their own. */
  interlock?: InterlockPlace;
}

const maxNotes = 50;

/** Makes the activities of a sync. */
export function createSyncActivities(deps: SyncDeps): SyncActivities {
  const discoveries = new WeakMap<ClusterClient, Discovery>();
  const contextFor = (spec: ApplicationSpec): SyncContext => {
    const client = deps.clusterFor(spec.destination.cluster);
    const discovery = discoveries.get(client) ?? createDiscovery(client);
    discoveries.set(client, discovery);
    return { client, discovery, spec, application: spec.name };
  };
  const prepare = async (spec: ApplicationSpec, commit: string) =>
    await prepareChangeSet(contextFor(spec), commit, await deps.render(spec, commit));

  const short = withHeartbeat<Omit<SyncActivities, 'pruneBatch'>>({
    async prepareSync({ spec, commit }) {
      return (await prepare(spec, commit)).plan;
    },
    async previewSync({ spec, commit, patches }) {
      const context: SyncContext = { ...contextFor(spec), forPeople: true };
      const prepared = await prepareChangeSet(context, commit, await deps.render(spec, commit));
      const batches = await previewBatches(context, prepared, cancellation());
      return patches === true ? patchPreview(prepared, batches) : fieldPreview(prepared, batches);
    },
    async applySync({ spec, plan, othersWait }) {
      const rendered = await renderAsPlanned(deps.render, spec, plan);
      return { adopted: await applyPlan(contextFor(spec), plan, rendered, cancellation(), { othersWait }) };
    },
    async restoreObjects({ spec, commit }) {
      return { changed: await restoreObjects(contextFor(spec), await deps.render(spec, commit), cancellation()) };
    },
    async pruneDaemonSets({ spec, daemonSets }) {
      return { notes: await pruneDaemonSets(contextFor(spec), daemonSets, cancellation()) };
    },
    async waitForStragglers(question) {
      return await lookForStragglers(deps.clusterFor(question.cluster), question);
    },
    async releaseApplication({ spec, commit }) {
      const objects = commit === null ? null : await renderOrNull(deps.render, spec, commit);
      const notes = await releaseObjects(contextFor(spec), objects, cancellation());
      const more = notes.length - maxNotes;
      return { notes: more > 0 ? [...notes.slice(0, maxNotes), `and ${more} more objects`] : notes };
    },
    async releaseQuarantine({ spec, daemonset }) {
      return { released: await liftQuarantine(contextFor(spec), daemonset) };
    },
  });
  return {
    ...short,
    async pruneBatch({ spec, daemonSet: one, told, expedite }) {
      const context = contextFor(spec);
      const windows = expedite === true ? [] : (spec.rollout.windows ?? []);
      const stops = pruneStops(context.client, windows, deps.interlock);
      let latest: string | undefined;
      const report = (sentence: string): void => {
        latest = sentence;
      };
      const batches = one.batches ?? { inBatches: '100%', pauseMs: 0 };
      const call = { context, one, batches, stops, signal: cancellation(), report };
      return await whileBeating(
        () => latest,
        () => pruneBatch(call, told),
      );
    },
  };
}

/** A repository that is gone is a usual reason to delete an application: it must not keep it alive. */
async function renderOrNull(
  render: RenderCommit,
  spec: ApplicationSpec,
  commit: string,
): Promise<ManifestObject[] | null> {
  try {
    return (await render(spec, commit)).objects;
  } catch (error) {
    if (error instanceof NodewaveError) return null;
    throw error;
  }
}

/** Aborts with the running activity; never outside of one. */
function cancellation(): AbortSignal {
  try {
    return Context.current().cancellationSignal;
  } catch {
    return new AbortController().signal;
  }
}
