import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

const encoder = new TextEncoder();

/** Sort key of a node in a rollout: pseudo-random, and the same whenever it is asked (S2). */
export function orderKey(nodeUid: string, seed: string): string {
  return bytesToHex(sha256(encoder.encode(`${seed}/${nodeUid}`))).slice(0, 16);
}

/**
 * An ordering of nodes for one rollout. Keys are remembered: a batch asks for the order many times a second over
 * thousands of nodes.
 */
export function nodeOrder(seed: string): (a: { uid: string }, b: { uid: string }) => number {
  const keys = new Map<string, string>();
  const keyOf = (uid: string): string => {
    let key = keys.get(uid);
    if (key === undefined) {
      key = orderKey(uid, seed);
      keys.set(uid, key);
    }
    return key;
  };
  return (a, b) => {
    const [left, right] = [keyOf(a.uid), keyOf(b.uid)];
    return left < right ? -1 : left > right ? 1 : 0;
  };
}
