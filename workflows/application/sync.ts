import { patched } from '@temporalio/workflow';
import type { ResolvedCommit } from '../../activities/contract.ts';
import { changesNothing, decideSteps, reviewObstacles, withoutOthers } from '../../domain/application/decide.ts';
import { waitForResume } from '../../domain/application/pause.ts';
import { notePruning } from '../../domain/application/pruning-now.ts';
import { isQueueing, joinQueue, leaveQueue, nextInQueue, requestsFor } from '../../domain/application/queue.ts';
import { othersWaitAt } from '../../domain/application/restore.ts';
import { dropQueued, noteInRun, openRun, recordOutcome, settleRuns } from '../../domain/application/runs.ts';
import { kept, type Observed, type Trigger } from '../../domain/application/state.ts';
import { addTrigger, expediteOf, takeTrigger } from '../../domain/application/triggers.ts';
import { shortCommit, shorten } from '../../domain/markdown.ts';
import type { SyncPlan } from '../../domain/sync.ts';
import { type Failed, HoldingInterrupted, readFailure, untilAnswered } from '../holding.ts';
import { patches } from '../patches.ts';
import { clusterActivities, gitActivities } from '../proxies.ts';
import { type App, mainHolding, setBusy, show, specOf } from './app.ts';
import { takeStep } from './rollouts.ts';

/** How often one sync looks again because something moved meanwhile, before it goes on with what it has. */
const roundsMax = 3;

/**
 * Serves the trigger in the slot: asks git, prepares the newest commit, applies it and starts its rollouts. Interrupted
 * while holding, it puts the trigger back, so that nothing that was asked for is lost.
 */
export async function syncNewest(app: App): Promise<void> {
  const trigger = takeTrigger(app.state);
  if (!trigger) return;
  app.serving = trigger;
  try {
    await serve(app, trigger);
  } catch (error) {
    if (!(error instanceof HoldingInterrupted)) throw error;
    const newer = takeTrigger(app.state);
    addTrigger(app.state, trigger);
    if (newer) addTrigger(app.state, newer);
  } finally {
    app.serving = null;
    setBusy(app, null);
  }
}

/**
 * While the application is paused: looks what git holds, so that it can be shown, and keeps the trigger until the end of
 * the pause.
 */
export async function noticeNewest(app: App): Promise<void> {
  const { state } = app;
  const trigger = takeTrigger(state);
  if (!trigger) return;
  app.serving = trigger;
  try {
    const question = refQuestion(app);
    const seen = await answer(app, () => gitActivities.resolveRef(question));
    if (seen.value) noteObserved(app, question, seen.value);
  } catch (error) {
    if (!(error instanceof HoldingInterrupted)) throw error;
  } finally {
    app.serving = null;
    if (state.paused) waitForResume(state, trigger);
    else addTrigger(state, trigger);
    show(app);
  }
}

async function serve(app: App, trigger: Trigger): Promise<void> {
  const { state } = app;
  const plan = await applyNewest(app, trigger);
  if (!plan || state.removal) return;
  const { commit, subject, renderedDigest, daemonSets } = plan;
  state.applied = { commit, subject, renderedDigest, daemonSets };
  dropQueued(state, commit, Date.now());
  const run = openRun(state, commit, subject, requestsFor(state, commit, trigger));
  const byPerson = trigger.manual && trigger.by !== 'git';
  noteInRun(run, plan, byPerson ? Date.now() : null);
  notePruning(state, plan.prune ?? []);
  for (const step of decideSteps(state, plan)) await takeStep(app, run, step, plan, trigger.by);
  attempted(app, commit);
  settleRuns(state, Date.now());
}

/** The commit has come to something, or is on its way; the next one in line may have its turn. */
function attempted(app: App, commit: string): void {
  app.state.attempted = commit;
  if (leaveQueue(app.state, commit)) addTrigger(app.state, { forced: true, manual: true, by: 'git', requestIds: [] });
}

/** The newest commit's plan, applied; null when there is nothing to do or nothing could be done, which is then recorded. */
async function applyNewest(app: App, trigger: Trigger): Promise<SyncPlan | null> {
  for (let round = 1; ; round++) {
    const plan = await prepareNewest(app, trigger);
    if (!plan) return null;
    const { state } = app;
    state.invalid = null;
    const note = state.observed?.commit === plan.commit ? state.observed.note : undefined;
    const warnings = note === undefined ? plan.warnings : [note, ...plan.warnings];
    state.warnings = warnings.slice(0, kept.warnings).map((warning) => shorten(warning, kept.sentence));
    state.obstacles = reviewObstacles(state, plan, Date.now());
    const waitsAt = othersWaitAt(state, plan);
    const othersWait = waitsAt !== null && patched(patches.othersReturn);
    if (changesNothing(othersWait ? withoutOthers(plan) : plan) || state.removal) return plan;
    // The trigger is put back, and waits for the end of the pause.
    if (state.paused) throw new HoldingInterrupted();
    const spec = specOf(app);
    setBusy(app, `Applying commit ${shortCommit(plan.commit)} to cluster ${spec.destination.cluster}.`);
    const activities = clusterActivities(spec.destination.cluster);
    const applied = await answer(app, () =>
      activities.applySync.executeWithOptions({ summary: `commit ${shortCommit(plan.commit)}` }, [
        { spec, plan, ...(othersWait ? { othersWait } : {}) },
      ]),
    );
    if (!applied.failed) return plan;
    // The digest moved between preparing and applying: what git or the renderer gives now is prepared again.
    if (applied.failed.code === 'Conflict' && round < roundsMax) continue;
    recordInvalid(app, trigger, plan, applied.failed.sentence);
    return null;
  }
}

/**
 * Resolves and prepares. A trigger that arrives meanwhile is served too: git is asked again, and only another commit or
 * another spec costs another preparation, so that a webhook and a CI call for one push are one sync.
 */
async function prepareNewest(app: App, trigger: Trigger): Promise<SyncPlan | null> {
  const { state } = app;
  let plan: SyncPlan | undefined;
  let revision = state.specRevision;
  for (let round = 1; ; round++) {
    absorb(app, trigger);
    const head = await resolve(app, trigger);
    if (!head) return null;
    if (!specOf(app).sync.auto && !trigger.manual && head.commit !== state.attempted) return null;
    const resolved = isQueueing(state) ? inTurn(app, trigger, head) : head;
    if (!resolved) return null;
    const { commit } = resolved;
    if (!trigger.forced && commit === state.attempted) return null;
    if (!specOf(app).sync.auto && !trigger.manual) return null;
    if (plan?.commit !== commit || revision !== state.specRevision) {
      revision = state.specRevision;
      const spec = specOf(app);
      setBusy(app, `Comparing commit ${shortCommit(commit)} with cluster ${spec.destination.cluster}.`);
      const activities = clusterActivities(spec.destination.cluster);
      const prepared: Answer<SyncPlan> = await answer(app, () =>
        activities.prepareSync.executeWithOptions({ summary: `commit ${shortCommit(commit)}` }, [{ spec, commit }]),
      );
      if (prepared.failed) {
        recordInvalid(app, trigger, resolved, prepared.failed.sentence);
        return null;
      }
      plan = prepared.value;
    }
    const moved = state.pending !== null || revision !== state.specRevision;
    if (!moved || round >= roundsMax || state.removal) return plan;
  }
}

/**
 * Commits are taken one after another: the newest one goes to the end of the line, and the one whose turn it is comes back;
 * null while a rollout runs that lets commits wait.
 */
function inTurn(app: App, trigger: Trigger, head: Found): Found | null {
  const { state } = app;
  if (!joinQueue(state, head, trigger, Date.now())) return head;
  trigger.requestIds = [];
  delete trigger.expedite;
  show(app);
  return nextInQueue(state);
}

interface Found {
  commit: string;
  subject: string;
}

async function resolve(app: App, trigger: Trigger): Promise<{ commit: string; subject: string } | null> {
  const { state } = app;
  const question = refQuestion(app);
  const resolved = await answer(app, () => gitActivities.resolveRef(question));
  if (resolved.failed) {
    recordInvalid(app, trigger, null, resolved.failed.sentence);
    return null;
  }
  // Whatever the ref's commit was judged before it vanished, it is judged again.
  if (state.invalid?.refMissing) trigger.forced = true;
  return noteObserved(app, question, resolved.value);
}

type RefQuestion = Parameters<typeof gitActivities.resolveRef>[0];

/** What git is asked, with what the same ref of the same repository held before. */
function refQuestion(app: App): RefQuestion {
  const { repo, ref } = specOf(app).source;
  const { observed } = app.state;
  return { repo, ref, ...(observed?.of === JSON.stringify({ repo, ref }) ? { lastSeen: observed.commit } : {}) };
}

function noteObserved(app: App, { repo, ref }: RefQuestion, found: ResolvedCommit): Observed {
  const { commit, subject } = found;
  const { observed: before } = app.state;
  const of = JSON.stringify({ repo, ref });
  // Asked again about the same commit, git has nothing more to tell; what it told before still holds.
  const note = found.note ?? (before?.commit === commit && before.of === of ? before.note : undefined);
  const observed: Observed = { commit, subject: shorten(subject, kept.name), atMs: Date.now(), of };
  if (note !== undefined) observed.note = shorten(note, kept.sentence);
  app.state.pollProblem = null;
  app.state.observed = observed;
  show(app);
  return observed;
}

/** Takes what waits in the slot into the trigger that is being served. */
function absorb(app: App, trigger: Trigger): void {
  const newer = takeTrigger(app.state);
  if (!newer) return;
  trigger.forced ||= newer.forced;
  trigger.by = newer.manual || !trigger.manual ? newer.by : trigger.by;
  trigger.manual ||= newer.manual;
  trigger.requestIds = [...new Set([...trigger.requestIds, ...newer.requestIds])];
  Object.assign(trigger, expediteOf(newer, trigger));
}

type Answer<T> = { value: T; failed?: undefined } | { value?: undefined; failed: Failed };

/** Runs a call until it is answered; BadInput, Conflict and Fenced are answers too. */
async function answer<T>(app: App, call: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await untilAnswered(call, mainHolding(app)) };
  } catch (error) {
    const failed = readFailure(error);
    if (!failed) throw error;
    return { failed };
  }
}

function recordInvalid(
  app: App,
  trigger: Trigger,
  found: { commit: string; subject: string } | null,
  sentence: string,
): void {
  const { state } = app;
  const nowMs = Date.now();
  const cause = shorten(sentence, kept.sentence);
  state.invalid = { sentence: cause, commit: found?.commit ?? null, refMissing: found === null };
  const { requestIds } = requestsFor(state, found?.commit ?? '', trigger);
  if (found) {
    attempted(app, found.commit);
    dropQueued(state, found.commit, nowMs);
  }
  const { commit = '', subject = '' } = found ?? {};
  recordOutcome(state, { commit, subject, outcome: 'invalid', cause, atMs: nowMs, requestIds });
}
