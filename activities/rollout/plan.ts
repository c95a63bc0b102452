import { eligibility } from '../../domain/cluster/eligibility.ts';
import type { NodeView } from '../../domain/cluster/view.ts';
import { baseOf, desiredDaemonSet } from '../../domain/desired.ts';
import { digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel, fieldManager } from '../../domain/ids.ts';
import type { DaemonSetRecord, GoodRevision, PodTemplate, RolloutTarget } from '../../domain/record.ts';
import { leavingNodes } from '../../domain/rollout/leaving.ts';
import { planBatches, planDigest, takeCensus } from '../../domain/rollout/plan.ts';
import type { DaemonSet, RawTemplate } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { schedulingView } from '../cluster/project.ts';
import { readRecord } from '../cluster/record-store.ts';
import type { RolloutActivities, RolloutContext, RolloutPlan } from '../contract.ts';
import { agreedNodes, listNodes } from './agree.ts';
import type { RolloutCall } from './call.ts';
import { describeEdit } from './edits.ts';
import { undoLeftovers } from './hook-undo.ts';
import { refuseHooks } from './hooks.ts';
import { findManifest } from './manifest.ts';
import { readNeighbours } from './own-nodes.ts';
import { withExposure } from './pin-plan.ts';
import { RecordHandle } from './record-handle.ts';
import { roomNote } from './room.ts';
import { readManaged } from './template.ts';

type PlanInput = Parameters<RolloutActivities['planRollout']>[0];

/** See `RolloutActivities.planRollout`. */
export async function planRollout(call: RolloutCall, input: PlanInput): Promise<RolloutPlan> {
  const { client } = call;
  const { ownNodes } = await readNeighbours(client, call.signal);
  if (input.mode === 'install') {
    const nodes = await listNodes(call);
    const template = templateOf(await findManifest(call, input));
    const made = makePlan(input, { nodes, ownNodes }, template, null, input.sync.templateDigest);
    return await withRoomNote(call, made, { nodes, live: null, template });
  }
  const nodes = await agreedNodes(call, input.context);
  const { ref, application } = input.context;
  const live = await readManaged(client, ref, application);
  const target = input.mode === 'revert' ? null : await predictTarget(call, input, live);
  const handle = await RecordHandle.take(client, input.context, call.attempt, live.metadata.uid, (record) =>
    quarantinedAs(record, input) === null ? withTarget(record, input, target, digest(live.spec.template)) : record,
  );
  const quarantined = quarantinedAs(handle.record, input);
  // A workflow that was terminated has left its nodes as its hooks had made them.
  await undoLeftovers(client, { application, ...ref }, handle);
  const { record } = handle;
  const digestTo = record.target?.templateDigest ?? '';
  const template = record.templates[digestTo] ?? {};
  refuseHooks((input.sync.policy ?? input.spec.rollout).hooks, schedulingView(template as RawTemplate));
  const made = makePlan(input, { nodes, ownNodes }, template, record.good[0] ?? null, digestTo);
  if (quarantined !== null) return { ...made, quarantined };
  const exposed =
    input.mode === 'update' ? await withExposure(client, withLeaving(made, nodes, live, template), nodes) : made;
  return await withRoomNote(call, exposed, { nodes, live, template });
}

/** Rolled back between the look at git that led here and now: then nothing is rolled out, as with any quarantined template. */
function quarantinedAs({ quarantine }: DaemonSetRecord, { mode, sync }: PlanInput): string | null {
  const found = mode === 'update' ? quarantine.find(({ key }) => key === sync.quarantineKey) : undefined;
  return found === undefined ? null : `it was rolled back before and is quarantined: ${found.reason}`;
}

/** Refuses a template that would take more pods away at once than may be out; on fewer of them the plan has a note. */
function withLeaving(plan: RolloutPlan, nodes: NodeView[], live: DaemonSet, template: PodTemplate): RolloutPlan {
  const [from, to] = [schedulingView(live.spec.template), schedulingView(template as RawTemplate)];
  const leaving = leavingNodes(nodes, from, to, plan.maxUnavailable);
  if (leaving === null) return plan;
  if (leaving.tooMany) throw new NodewaveError('BadInput', leaving.sentence);
  return { ...plan, notes: [...plan.notes, leaving.sentence] };
}

async function withRoomNote(
  call: RolloutCall,
  plan: RolloutPlan,
  seen: { nodes: NodeView[]; live: DaemonSet | null; template: PodTemplate },
): Promise<RolloutPlan> {
  const after = seen.template as RawTemplate;
  const scheduling = schedulingView(after);
  const runsOn = seen.nodes.filter((node) => eligibility(scheduling, node).shouldRun);
  const note = await roomNote(call, {
    eligible: new Set(runsOn.map((node) => node.name)),
    before: seen.live === null ? null : seen.live.spec.template,
    after,
    daemonSetUid: seen.live?.metadata.uid ?? null,
  });
  return note === null ? plan : { ...plan, notes: [...plan.notes, note] };
}

/** See `RolloutActivities.takeCensus`. */
export async function takeLiveCensus(call: RolloutCall, context: RolloutContext) {
  const nodes = await listNodes(call);
  const live = await readManaged(call.client, context.ref, context.application);
  return takeCensus(nodes, schedulingView(live.spec.template));
}

function makePlan(
  input: PlanInput,
  seen: { nodes: NodeView[]; ownNodes: ReadonlySet<string> },
  template: PodTemplate,
  good: GoodRevision | null,
  digestTo: string,
): RolloutPlan {
  const whole = [{ name: input.mode === 'install' ? 'install' : 'all', nodes: '100%' as const, soakMs: 0 }];
  const given = input.sync.policy ?? input.spec.rollout;
  const policy = input.mode === 'update' ? given : { ...given, batches: whole };
  const plan = planBatches({
    policy,
    manifestMaxUnavailable: input.sync.maxUnavailable,
    ...seen,
    scheduling: schedulingView(template as RawTemplate),
    rollout: input.context.holder.rollout,
  });
  const notes = [...plan.notes];
  if (input.mode === 'install')
    notes.push('First install: the controller creates the pods of all eligible nodes at once.');
  if (good === null)
    notes.push('There is no last good template: a failure waits for a person instead of rolling back.');
  return {
    digest: planDigest({
      commit: input.commit,
      renderedDigest: input.renderedDigest,
      from: good?.templateDigest ?? null,
      to: digestTo,
      rules: plan.rules,
      maxUnavailable: plan.maxUnavailable,
      policy,
    }),
    batches: plan.batches,
    policy,
    rules: plan.rules,
    maxUnavailable: plan.maxUnavailable,
    budget: plan.budget,
    census: plan.census,
    fromHash: good?.hash ?? null,
    lastGoodCommit: good?.commit ?? null,
    notes,
  };
}

/** The template that the API server will make of git's manifest, by a dry run of the very write that opens the window. */
async function predictTarget(call: RolloutCall, input: PlanInput, live: DaemonSet) {
  const manifest = await findManifest(call, input);
  const { application } = input.context;
  const base = baseOf(manifest);
  const template = templateOf(manifest);
  const stored = await readRecord(call.client, input.context.ref);
  // No resourceVersion: it moves with every pod, and a dry run decides nothing by itself.
  const object = desiredDaemonSet(base, template, { application }, undefined);
  const predicted = await call.client.apply<DaemonSet>(paths.daemonSet(input.context.ref), object, {
    fieldManager: fieldManager(application),
    dryRun: true,
    // Where a person has put back what they had changed, they still own it: writing takes that over, see `writeTemplate`.
    force: stored !== null && describeEdit(live, stored.record) === null,
    signal: call.signal,
  });
  const templateDigest = digest(predicted.spec.template);
  return { base, template: predicted.spec.template as PodTemplate, templateDigest };
}

function withTarget(
  record: DaemonSetRecord,
  input: PlanInput,
  predicted: { base: Record<string, unknown>; template: PodTemplate; templateDigest: string } | null,
  liveDigest: string,
): DaemonSetRecord {
  // Grants of an older rollout stay: they count as out until nobody can act on them any more.
  const fresh = { ...record, phase: 'planning', touched: [], pruning: undefined };
  if (predicted === null) return { ...fresh, target: revertTarget(record, input.context) };
  const target: RolloutTarget = {
    commit: input.commit,
    templateDigest: predicted.templateDigest,
    quarantineKey: input.sync.quarantineKey,
  };
  // The live one too: after an install that failed it is neither good nor a target, and still no edit of someone else.
  const kept = new Set([liveDigest, record.target?.templateDigest, ...record.good.map((good) => good.templateDigest)]);
  const known = Object.fromEntries(Object.entries(record.templates).filter(([key]) => kept.has(key)));
  return {
    ...fresh,
    target,
    base: predicted.base,
    templates: { ...known, [predicted.templateDigest]: predicted.template },
  };
}

function revertTarget(record: DaemonSetRecord, context: RolloutContext): RolloutTarget {
  // A second attempt of this activity finds the target that the first one wrote.
  const before = record.good[1];
  if (before === undefined) {
    throw new NodewaveError(
      'Conflict',
      `DaemonSet ${daemonSetLabel(context.ref)} has only one good revision: there is none before it to go back to`,
    );
  }
  return {
    commit: before.commit,
    templateDigest: before.templateDigest,
    quarantineKey: before.quarantineKey ?? '',
    hash: before.hash,
  };
}

function templateOf(manifest: Record<string, unknown>): PodTemplate {
  const spec = manifest.spec as { template?: PodTemplate } | undefined;
  return spec?.template ?? {};
}
