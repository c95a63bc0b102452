import { formatDuration } from '../duration.ts';
import type { GateSpec } from '../gates/types.ts';
import { clockTime, escapeMarkdown, shorten } from '../markdown.ts';
import { gatesAsked } from './gates-asked.ts';
import type { RolloutInput } from './input.ts';
import type { RolloutState } from './state.ts';

/** How much of the gates is shown. */
export interface GatesRoom {
  /** Gates; with none the section is left out. */
  gates: number;
  /** Characters of a sentence. */
  text: number;
}

/**
 * The gates on the page: while a batch soaks, which ones are asked and how often, and where they can be watched; and how they stood
 * when a soak ended. What a running soak measures is not here: it would take an event of history for every look.
 */
export function gatesSection(input: RolloutInput, state: RolloutState, room: GatesRoom): string {
  if (room.gates === 0) return '';
  return [asked(input, state, room), results(state, room)].filter((part) => part !== '').join('\n\n');
}

function asked(input: RolloutInput, state: RolloutState, room: GatesRoom): string {
  if (state.phase !== 'soaking') return '';
  const until =
    state.soakUntilMs === null ? '' : `The soak lasts until ${clockTime(state.soakUntilMs)} at the earliest.`;
  const all = gatesAsked(input, state);
  if (all.length === 0) return until;
  const lines = all.slice(0, room.gates).map((gate) => `- ${safe(gate.name, 63)} (${gate.kind}): ${scheduleOf(gate)}`);
  const { cluster, namespace, name } = input.ref;
  const watch = safe(`nodewave status ds/${name} -n ${namespace} --cluster ${cluster} --watch`, 500);
  return [
    'Gates that are asked now',
    '',
    ...lines,
    ...more(all.length - lines.length),
    '',
    `${until} How the gates stand now: "${watch}". This page gets their results when the soak ends.`.trim(),
  ].join('\n');
}

/** When it is measured, and what it takes. */
function scheduleOf({ intervalMs, initialDelayMs, count, failureLimit }: GateSpec): string {
  const first = initialDelayMs === 0 ? '' : `, first after ${formatDuration(initialDelayMs)}`;
  const fails = failureLimit === 0 ? 'one failure fails it' : `more than ${failureLimit} failed fail it`;
  return `every ${formatDuration(intervalMs)}${first}; passes with ${count} successful, ${fails}`;
}

function results({ gates: all = [] }: RolloutState, room: GatesRoom): string {
  if (all.length === 0) return '';
  const lines = all
    .slice(0, room.gates)
    .map(
      ({ name, kind, state, sentence }) => `- ${safe(name, 63)} (${kind}): **${state}**, ${safe(sentence, room.text)}`,
    );
  return ['Gates, as last reported', '', ...lines, ...more(all.length - lines.length)].join('\n');
}

function more(count: number): string[] {
  return count > 0 ? [`- and ${count} more`] : [];
}

function safe(text: string, most: number): string {
  return escapeMarkdown(shorten(text, most));
}
