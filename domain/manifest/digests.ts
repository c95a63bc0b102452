import { digest } from '../digest.ts';
import type { PodTemplate } from '../record.ts';
import { type ManifestObject, objectKey } from './object.ts';
import { referencedConfig } from './references.ts';

/** Digest of everything that is applied. Neither files nor their order nor the order of keys count. */
export function renderedDigest(objects: readonly ManifestObject[]): string {
  const byKey = objects.map((object) => [objectKey(object), object.body] as const);
  return digest(byKey.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/**
 * What a quarantine keys on: the pod template and the content of the ConfigMaps and Secrets among `objects` that it
 * references, by name only where they come from elsewhere. A commit that changes neither does not lift a quarantine; one
 * that repairs a ConfigMap does. Labels and annotations of the config do not count: no pod reads them.
 */
export function quarantineKey(
  templateDigest: string,
  objects: readonly ManifestObject[],
  template: PodTemplate,
  namespace: string,
): string {
  const config = referencedConfig(template).map(({ kind, name }) => {
    const object = objects.find(
      (candidate) =>
        candidate.apiVersion === 'v1' &&
        candidate.kind === kind &&
        candidate.name === name &&
        candidate.namespace === namespace,
    );
    if (object === undefined) return { kind, name };
    const { metadata: _, ...content } = object.body;
    return { kind, name, content: digest(content) };
  });
  return digest({ templateDigest, config });
}
