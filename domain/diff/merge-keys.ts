import { isPlainObject } from '../plain.ts';
import type { Step } from './path.ts';

/** Lists whose items the API server tells apart by keys (`listType: map`), by the name of the list's field. */
const keysByList: Record<string, readonly (readonly string[])[]> = {
  containers: [['name']],
  initContainers: [['name']],
  ephemeralContainers: [['name']],
  volumes: [['name']],
  env: [['name']],
  imagePullSecrets: [['name']],
  resourceClaims: [['name']],
  volumeMounts: [['mountPath']],
  volumeDevices: [['devicePath']],
  // Container ports, then Service ports.
  ports: [
    ['containerPort', 'protocol'],
    ['port', 'protocol'],
  ],
  hostAliases: [['ip']],
  topologySpreadConstraints: [['topologyKey', 'whenUnsatisfiable']],
  webhooks: [['name']],
  conditions: [['type']],
  versions: [['name']],
};

/**
 * The items of a list by their keys; null when the list has no known keys, or when an item lacks one or two share one, so
 * that only positions are left to compare.
 * @param known the list's keys where the cluster has told them
 */
export function keyedItems(
  list: readonly unknown[],
  field: Step | undefined,
  known?: readonly string[],
): Map<string, KeyedItem> | null {
  if (typeof field !== 'string') return null;
  if (known !== undefined) return indexBy(list, known);
  for (const keys of Object.hasOwn(keysByList, field) ? (keysByList[field] ?? []) : []) {
    const items = indexBy(list, keys);
    if (items !== null) return items;
  }
  return null;
}

/** An item of a keyed list. */
export interface KeyedItem {
  step: Record<string, unknown>;
  value: Record<string, unknown>;
}

function indexBy(list: readonly unknown[], keys: readonly string[]): Map<string, KeyedItem> | null {
  const found = new Map<string, KeyedItem>();
  for (const value of list) {
    if (!isPlainObject(value)) return null;
    const step: Record<string, unknown> = {};
    for (const key of keys) {
      // The only key with a default that users leave out.
      const part = value[key] ?? (key === 'protocol' ? 'TCP' : undefined);
      if (part === undefined) return null;
      step[key] = part;
    }
    const id = JSON.stringify(step);
    if (found.has(id)) return null;
    found.set(id, { step, value });
  }
  return found;
}
