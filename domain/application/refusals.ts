import { daemonSetLabel } from '../ids.ts';
import { knownDaemonSets } from './decide.ts';
import { type ApplicationUpdate, exampleOf } from './messages.ts';
import { pausedSentence } from './pause.ts';
import { phaseOf, sentenceOf } from './phase.ts';
import { refuseSpec } from './refuse-spec.ts';
import { type ApplicationState, sameDaemonSet } from './state.ts';

/** Why an update is refused now, as a sentence that says what to do; null when it is accepted. Tolerates any input. */
export function refuse(update: ApplicationUpdate, state: ApplicationState, input: unknown): string | null {
  return refuseAtAnyTime(update, state) ?? refuseInput(update, input) ?? refuseNow(update, state, input);
}

function refuseAtAnyTime(update: ApplicationUpdate, state: ApplicationState): string | null {
  if (state.removal || state.removed) return `Application ${state.name} is being removed; it takes no more messages.`;
  const withoutSpec: readonly ApplicationUpdate[] = ['configure', 'remove', 'pause', 'resume'];
  if (!state.spec && !withoutSpec.includes(update)) return sentenceOf(state);
  if (state.paused && pausedToo.includes(update)) {
    return `${pausedSentence(state.name, state.paused)} Run "nodewave resume ${state.name}" first.`;
  }
  return null;
}

/** What would start something, and therefore waits for the end of the pause. */
const pausedToo: readonly ApplicationUpdate[] = ['sync', 'retry', 'rollback', 'releaseQuarantine'];

function refuseInput(update: ApplicationUpdate, input: unknown): string | null {
  if (update === 'preview') return refusePreview(input);
  if (update === 'explain') return refuseExplain(input);
  const example = `for example ${JSON.stringify(exampleOf(update))}`;
  if (!isObject(input)) return `${update} takes one JSON object, ${example}.`;
  if (!isText(input.by)) return `${update} needs "by": who asks, ${example}.`;
  if (input.reason !== undefined && typeof input.reason !== 'string') return `"reason" is a text, ${example}.`;
  if (update === 'rollback' && !isText(input.reason)) return `rollback needs "reason": what is wrong, ${example}.`;
  if (update === 'pause' && !isText(input.reason)) return `pause needs "reason": why everything stops, ${example}.`;
  if (input.brake !== undefined && typeof input.brake !== 'boolean') return `"brake" is true or false, ${example}.`;
  if (input.expedite !== undefined && typeof input.expedite !== 'boolean') {
    return `"expedite" is true or false, ${example}.`;
  }
  if (input.expedite === true && !isText(input.reason)) {
    return `"expedite" needs "reason": why soaks and windows are skipped, ${example}.`;
  }
  if (update === 'sync' && !isText(input.requestId)) return `sync needs "requestId": any new id, ${example}.`;
  if (update === 'remove' && input.mode !== undefined && input.mode !== 'orphan') {
    return `"mode" is "orphan" or left out: DaemonSets run on, ${example}.`;
  }
  if (input.daemonset !== undefined && !isText(input.daemonset)) {
    return `"daemonset" is a name, or namespace/name, ${example}.`;
  }
  return null;
}

function refusePreview(input: unknown): string | null {
  const commit = isObject(input) ? input.commit : undefined;
  if (commit === undefined || (typeof commit === 'string' && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit))) return null;
  return 'preview takes a full commit of 40 digits in "commit", or none for what the ref holds now.';
}

function refuseExplain(input: unknown): string | null {
  const { daemonset, pod } = isObject(input) ? input : {};
  if (daemonset !== undefined && !isText(daemonset)) return '"daemonset" is a name, or namespace/name.';
  return pod === undefined || isText(pod) ? null : '"pod" is the name of one of its pods.';
}

function refuseNow(update: ApplicationUpdate, state: ApplicationState, input: unknown): string | null {
  const fields = isObject(input) ? input : {};
  switch (update) {
    case 'configure':
      return refuseSpec(state, fields.spec);
    case 'remove':
      return refuseRemove(state);
    case 'resume':
      return fields.brake === true ? null : refuseResume(state);
    case 'rollback':
      return refuseRollback(state, fields.daemonset);
    case 'retry':
      return refuseRetry(state, fields);
    case 'releaseQuarantine':
      return refuseRelease(state, fields.daemonset);
    case 'explain': {
      const target = findDaemonSet(state, fields.daemonset);
      return typeof target === 'string' ? target : null;
    }
    default:
      return null;
  }
}

function refuseRemove(state: ApplicationState): string | null {
  const running = state.active[0];
  if (!running) return null;
  const name = `ds/${running.name} -n ${running.namespace}`;
  return `The rollout of ${daemonSetLabel(running)} is running: wait for its end, or run "nodewave abort ${name}", then delete again.`;
}

function refuseResume(state: ApplicationState): string | null {
  // With a rollout running it is taken all the same: one that an earlier run of the application paused may be waiting.
  if (state.paused || state.active.length > 0) return null;
  return `Application ${state.name} is not paused: the phase is ${phaseOf(state)}.`;
}

function refuseRollback(state: ApplicationState, daemonset: unknown): string | null {
  const target = findDaemonSet(state, daemonset);
  if (typeof target === 'string') return target;
  const label = daemonSetLabel(target);
  if (state.active.some((active) => sameDaemonSet(active, target))) {
    return `The rollout of ${label} is running: send it to the rollout, "nodewave rollback ds/${target.name} -n ${target.namespace}".`;
  }
  if (state.rollbacks.some((request) => sameDaemonSet(request, target)))
    return `${label} is being rolled back already.`;
  if (!state.applied?.daemonSets.some((sync) => sameDaemonSet(sync, target))) {
    return `Nothing was rolled out to ${label} yet, so there is nothing to go back to.`;
  }
  const held = state.obstacles.find((obstacle) => sameDaemonSet(obstacle, target));
  if (held?.kind === 'quarantined') {
    return `${label} is on its last good template already; commit ${held.commit.slice(0, 7)} is quarantined.`;
  }
  return null;
}

function refuseRetry(state: ApplicationState, fields: Record<string, unknown>): string | null {
  if (fields.ignoreGate === true) {
    return 'No gate is red here: "ignoreGate" belongs to a running rollout, "nodewave retry ds/NAME -n NAMESPACE".';
  }
  const named = fields.daemonset === undefined ? null : findDaemonSet(state, fields.daemonset);
  if (typeof named === 'string') return named;
  const running = state.active.find((active) => named === null || sameDaemonSet(active, named));
  const concerned = state.obstacles.filter((obstacle) => named === null || sameDaemonSet(obstacle, named));
  if (concerned.some((obstacle) => obstacle.kind === 'quarantined')) {
    return `The template is quarantined. Release it first: "nodewave release-quarantine ${state.name}".`;
  }
  if (concerned.length > 0) return null;
  if (running) {
    return `The rollout of ${daemonSetLabel(running)} is running: send it to the rollout, "nodewave retry ds/${running.name} -n ${running.namespace}".`;
  }
  const phase = phaseOf(state);
  if (phase === 'invalid' || phase === 'holding') return null;
  return `Nothing failed: the phase is ${phase}. To compare git and cluster again, run "nodewave sync ${state.name}".`;
}

function refuseRelease(state: ApplicationState, daemonset: unknown): string | null {
  const named = daemonset === undefined ? null : findDaemonSet(state, daemonset);
  if (typeof named === 'string') return named;
  if (state.release) return 'The quarantine is being released already.';
  const found = state.obstacles.some(
    (obstacle) => obstacle.kind === 'quarantined' && (named === null || sameDaemonSet(obstacle, named)),
  );
  return found ? null : `Nothing is quarantined: the phase is ${phaseOf(state)}.`;
}

/** The DaemonSet that a message names, or the only one there is; else a sentence that lists the choice. */
export function findDaemonSet(
  state: ApplicationState,
  daemonset: unknown,
): { namespace: string; name: string } | string {
  const known = knownDaemonSets(state);
  const labels = known.map(daemonSetLabel).join(', ');
  if (daemonset === undefined) {
    const only = known[0];
    if (known.length === 1 && only) return only;
    return known.length === 0
      ? `Application ${state.name} has no DaemonSet yet.`
      : `Application ${state.name} has several DaemonSets: name one in "daemonset": ${labels}.`;
  }
  const matches = known.filter((one) => daemonset === one.name || daemonset === daemonSetLabel(one));
  const match = matches[0];
  if (matches.length === 1 && match) return match;
  if (matches.length > 1) return `"${daemonset}" is in several namespaces: name one of ${labels}.`;
  return `Application ${state.name} has no DaemonSet "${daemonset}"${labels ? `; it has ${labels}` : ' yet'}.`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
