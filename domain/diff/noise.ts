import { annotations } from '../ids.ts';
import { isPlainObject, type PlainObject } from '../plain.ts';

/** Fields of metadata that the API server writes. */
const serverMetadata = [
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
];

/** Annotations that no person wrote: kubectl's copy of the whole object, the controller's counter, Nodewave's own. */
const ownAnnotations: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.daemonset.template.generation',
  ...Object.values(annotations),
];

/**
 * The object without what the API server, controllers, kubectl and Nodewave write by themselves: what is left is what git
 * and people state. Annotations that Nodewave only reads stay.
 */
export function withoutNoise(object: PlainObject): PlainObject {
  const { apiVersion, kind, metadata, status: _status, ...rest } = object;
  return { apiVersion, kind, metadata: cleanMetadata(metadata), ...rest };
}

function cleanMetadata(metadata: unknown): PlainObject {
  if (!isPlainObject(metadata)) return {};
  const kept = without(metadata, serverMetadata);
  if (!isPlainObject(kept.annotations)) return kept;
  const { annotations: all, ...others } = kept;
  const own = without(all as PlainObject, ownAnnotations);
  return Object.keys(own).length === 0 ? others : { ...others, annotations: own };
}

function without(object: PlainObject, keys: readonly string[]): PlainObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}
