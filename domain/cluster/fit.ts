import { amountOf } from '../diff/quantity.ts';

/** Amounts by resource name, e.g. cpu and memory, in the units of `amountOf`. */
export type Amounts = Record<string, bigint>;

/** The part of a pod spec that says what it requests. */
export interface RequestingSpec {
  containers?: RequestingContainer[];
  initContainers?: (RequestingContainer & { restartPolicy?: string })[];
  overhead?: Record<string, unknown>;
}

interface RequestingContainer {
  resources?: { requests?: Record<string, unknown> };
}

/**
 * What a pod requests, as the scheduler counts it: all containers and sidecars together, or an init container and the sidecars
 * that are started before it where that is more; overhead on top. Amounts that are none count as nothing.
 */
export function requestsOf(spec: RequestingSpec): Amounts {
  let sidecars: Amounts = {};
  let peak: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const own = amounts(container.resources?.requests);
    peak = most(peak, sum(sidecars, own));
    if (container.restartPolicy === 'Always') sidecars = sum(sidecars, own);
  }
  const running = (spec.containers ?? []).reduce((all, one) => sum(all, amounts(one.resources?.requests)), sidecars);
  return sum(most(peak, running), amounts(spec.overhead));
}

/** Reads a list of resources, such as a node's allocatable. */
export function amounts(resources: Record<string, unknown> | undefined): Amounts {
  const read = Object.entries(resources ?? {}).map(([name, value]) => [name, amountOf(value) ?? 0n] as const);
  return Object.fromEntries(read);
}

/** Adds up. */
export function sum(a: Amounts, b: Amounts): Amounts {
  const all = { ...a };
  for (const [name, amount] of Object.entries(b)) all[name] = (all[name] ?? 0n) + amount;
  return all;
}

/** Whether `wanted` requests more of anything than `had`: only then can a pod that had room lack it. */
export function grows(had: Amounts, wanted: Amounts): boolean {
  return Object.entries(wanted).some(([name, amount]) => amount > (had[name] ?? 0n));
}

/**
 * The nodes on which a pod with these requests finds no room beside the other pods, in the order given (S20).
 * @param used what other pods request, by node name
 */
export function withoutRoom(
  nodes: readonly { name: string; allocatable: Amounts }[],
  used: ReadonlyMap<string, Amounts>,
  wanted: Amounts,
): string[] {
  const short = ({ name, allocatable }: { name: string; allocatable: Amounts }): boolean =>
    Object.entries(wanted).some(
      ([resource, amount]) =>
        amount > 0n && amount + (used.get(name)?.[resource] ?? 0n) > (allocatable[resource] ?? 0n),
    );
  return nodes.filter(short).map((node) => node.name);
}

function most(a: Amounts, b: Amounts): Amounts {
  const all = { ...a };
  for (const [name, amount] of Object.entries(b)) if (amount > (all[name] ?? 0n)) all[name] = amount;
  return all;
}
