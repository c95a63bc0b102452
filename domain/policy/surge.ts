import type { FieldPath } from '../document-error.ts';
import { describeObject, type ManifestObject } from '../manifest/object.ts';
import { at, listAt } from '../plain.ts';
import type { IntOrPercent } from '../rollout/policy.ts';

const rollingUpdate = ['spec', 'updateStrategy', 'rollingUpdate'] as const;

/**
 * How many nodes git's own strategy lets be out at once: `maxUnavailable`, else `maxSurge`, because OnDelete cannot surge and
 * the number says how many nodes may change at a time (S6); null when neither is above zero.
 */
export function statedBudget(object: ManifestObject): { value: IntOrPercent; path: FieldPath } | null {
  for (const key of ['maxUnavailable', 'maxSurge']) {
    const path = [...rollingUpdate, key];
    const value = aboveZero(at(object.body, ...path));
    if (value !== null) return { value, path };
  }
  return null;
}

function aboveZero(stated: unknown): IntOrPercent | null {
  if (typeof stated === 'number') return Number.isSafeInteger(stated) && stated > 0 ? stated : null;
  const percent = typeof stated === 'string' ? /^(\d{1,9})%$/.exec(stated) : null;
  const share = Number(percent?.[1] ?? 0);
  return share > 0 ? `${share}%` : null;
}

/**
 * What a manifest that asks for surge is told at plan time: that OnDelete cannot surge, what is used instead, and where
 * surge could not have worked anyway (S6). Null when it asks for none.
 * @param maxUnavailable of the policy; null when no source states one
 */
export function surgeWarning(object: ManifestObject, maxUnavailable: IntOrPercent | null): string | null {
  const surge = aboveZero(at(object.body, ...rollingUpdate, 'maxSurge'));
  if (surge === null) return null;
  const used = maxUnavailable ?? statedBudget(object)?.value ?? surge;
  const from = maxUnavailable === null ? 'the same number as maxUnavailable' : 'maxUnavailable of its policy';
  const ports = hostPorts(object);
  const anyway =
    ports === null ? '' : `. Two of its pods could not have run on one node anyway: they use ${ports} of the node`;
  return (
    `${describeObject(object)}: maxSurge: ${surge} cannot be kept: under OnDelete a node's old pod goes before its new one comes. ` +
    `Instead at most ${used} ${typeof used === 'number' ? (used === 1 ? 'node is' : 'nodes are') : 'of the nodes are'} out at once (${from})${anyway}`
  );
}

/** The network of the node that two pods cannot share: listed ports, or that of the whole node. */
function hostPorts(object: ManifestObject): string | null {
  const pod = ['spec', 'template', 'spec'];
  if (at(object.body, ...pod, 'hostNetwork') === true) return 'the network';
  const ports = listAt(object.body, ...pod, 'containers')
    .flatMap((container) => listAt(container, 'ports'))
    .map((port) => at(port, 'hostPort'))
    .filter((port) => typeof port === 'number' && port > 0);
  if (ports.length === 0) return null;
  return ports.length === 1 ? `port ${ports[0]}` : `ports ${[...new Set(ports)].join(', ')}`;
}
