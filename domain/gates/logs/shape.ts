import type { GatePod } from '../types.ts';

/** Most characters of a line that are looked at. */
const mostCharacters = 500;
const escapeCharacter = String.fromCharCode(27);
const colours = new RegExp(`${escapeCharacter}\\[[\\d;]*[A-Za-z]`, 'g');
const uuid = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;
/** Of IPv6; those of IPv4 are numbers. The pod's own address is no other than those of its peers, which pods log as well. */
const address6 = /(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/gi;
const prefixedHex = /\b0x[0-9a-f]+\b/gi;
/** With a digit in it, so that words such as `defaced` stay, and a letter, so that numbers are left to `number`. */
const hex = /\b(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{8,}\b/gi;
/** Numbers with what belongs to them: times, durations, sizes, addresses, percentages. */
const number = /\d+(?:[.,:_]\d+)*(?:(?:ns|us|µs|ms|[smhd]|[kKMGTP]i?B?|B|%)(?![A-Za-z]))?/g;

/** A line as it is looked at: bounded, without colours. */
export function readable(line: string): string {
  return line.slice(0, mostCharacters).replace(colours, '');
}

/**
 * What is the same in two lines that say the same: names of the pod and its node, addresses, numbers, times, hexadecimal numbers and
 * ids taken out. Two lines of one shape are one error.
 */
export function shapeOf(line: string, pod: GatePod): string {
  let shape = readable(line);
  for (const [name, word] of [
    [pod.name, '<pod>'],
    [pod.uid, '<uid>'],
    [pod.node, '<node>'],
  ] as const) {
    if (name !== '') shape = shape.replaceAll(name, word);
  }
  return shape
    .replace(uuid, '#')
    .replace(address6, '#')
    .replace(prefixedHex, '#')
    .replace(hex, '#')
    .replace(number, '#')
    .replace(/(?:#[-+/TZ ]?)+/g, '#')
    .replace(/\s+/g, ' ')
    .trim();
}
