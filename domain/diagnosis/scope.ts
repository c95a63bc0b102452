import { plain } from './clean.ts';
import type { Alike, Blame, Evidence, Group } from './types.ts';

/** Nodes on the new template from which on a single failing one stands out. */
const enoughToCompare = 3;

/** Node conditions that are bad when they are True. */
const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

/**
 * Whether the release or the node is to blame, by comparing nodes. Release: several updated nodes fail, not just those of one
 * pool or zone or architecture, and the nodes on last good are well. Node: one of many updated fails, and the node itself is
 * unwell or its pool's other nodes are. Everything in between is unclear.
 */
export function blameOf({ alike, node }: Evidence): Blame {
  const { updated, failing, rest, restFailing } = alike;
  if (failing < 1 || updated < 1) return 'unclear';
  if (failing === 1 && updated >= enoughToCompare) {
    if (nodeUnwell(node)) return 'node';
    const pool = alike.groups.find((group) => group.key === 'pool' && group.failing > 0);
    return isUnwell(pool?.restFailing ?? 0, pool?.rest ?? 0) ? 'node' : 'unclear';
  }
  if (failing < 2 || restFailing > 0 || rest < 1) return 'unclear';
  if (separating(alike) !== null) return 'unclear';
  return failing * 2 >= updated || severalPools(alike) ? 'release' : 'unclear';
}

/** Whether nothing but the release differs: there are nodes on last good, and none of them is unwell. */
export function restIsWell({ alike }: Evidence): boolean {
  return alike.rest > 0 && alike.restFailing === 0;
}

/** Whether the node reports pressure, no network, or is not Ready. */
export function nodeUnwell(node: Evidence['node']): boolean {
  if (node === null) return false;
  return !node.ready || node.conditions.some(({ type, status }) => pressures.includes(type) && status === 'True');
}

/** At least half. */
function isUnwell(failing: number, all: number): boolean {
  return failing > 0 && failing * 2 >= all;
}

function severalPools({ groups }: Alike): boolean {
  const keys = new Set(groups.map(({ key }) => key));
  return [...keys].some((key) => groups.filter((group) => group.key === key && group.failing > 0).length > 1);
}

/** The one value of a label that all failing nodes share while updated nodes with other values are well. */
function separating({ groups, failing }: Alike): Group | null {
  return (
    groups.find(
      (group) =>
        group.failing === failing &&
        groups.some((other) => other.key === group.key && other.value !== group.value && other.updated > 0),
    ) ?? null
  );
}

/** How many nodes show the same, e.g. `3 of 3 updated nodes, all in pool gpu; all 9 others are well`. */
export function spreadOf({ alike }: Evidence): string {
  const { updated, failing, rest, restFailing, groups } = alike;
  if (updated < 1) return 'no node is on the new template';
  const parts = [`${failing} of ${updated} updated ${updated === 1 ? 'node' : 'nodes'}`];
  const shared = separating(alike) ?? groups.find((group) => failing > 1 && group.failing === failing);
  if (failing > 0 && shared !== undefined && shared !== null) {
    parts.push(`, ${failing === 1 ? '' : 'all '}in ${word(shared.key)} ${word(shared.value)}`);
  } else if (failing > 1) {
    const key = ['pool', 'zone', 'arch'].find(
      (name) => groups.filter((one) => one.key === name && one.failing > 0).length > 1,
    );
    const count = groups.filter((one) => one.key === key && one.failing > 0).length;
    if (key !== undefined) parts.push(`, in ${count} ${key}s`);
  }
  if (rest > 0)
    parts.push(restFailing === 0 ? `; ${well(rest)}` : `; ${restFailing} of ${rest} others are not well either`);
  return parts.join('');
}

function well(rest: number): string {
  return rest === 1 ? 'the other one is well' : `all ${rest} others are well`;
}

function word(text: string): string {
  return plain(text).slice(0, 63);
}
