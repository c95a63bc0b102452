import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * JSON text that is the same for equal values whatever the order of their keys. Properties that are `undefined` are left
 * out, as `JSON.stringify` does. Only for plain JSON values.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'null';
}

/**
 * First 16 hex digits of the SHA-256 of `canonicalJson(value)`. Computed in plain JavaScript, so that workflows, whose
 * sandbox has no `node:crypto`, get the same digest as activities.
 */
export function digest(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value)))).slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  // fromEntries defines properties, so that a key named __proto__ stays a key.
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
