import { at, listAt } from '../plain.ts';
import type { PodTemplate } from '../record.ts';

/** A ConfigMap or Secret that pods read, in their own namespace. */
export interface ConfigReference {
  kind: 'ConfigMap' | 'Secret';
  name: string;
}

/**
 * The ConfigMaps and Secrets that a pod template names: volumes, projected ones too, environment and image pull secrets.
 * Each once, sorted by kind and name.
 */
export function referencedConfig(template: PodTemplate): ConfigReference[] {
  const found = new Map<string, ConfigReference>();
  const add = (kind: ConfigReference['kind'], name: unknown): void => {
    if (typeof name === 'string' && name !== '') found.set(`${kind}/${name}`, { kind, name });
  };
  for (const volume of listAt(template, 'spec', 'volumes')) {
    add('ConfigMap', at(volume, 'configMap', 'name'));
    add('Secret', at(volume, 'secret', 'secretName'));
    for (const source of listAt(volume, 'projected', 'sources')) {
      add('ConfigMap', at(source, 'configMap', 'name'));
      add('Secret', at(source, 'secret', 'name'));
    }
  }
  for (const container of [...listAt(template, 'spec', 'initContainers'), ...listAt(template, 'spec', 'containers')]) {
    for (const source of listAt(container, 'envFrom')) {
      add('ConfigMap', at(source, 'configMapRef', 'name'));
      add('Secret', at(source, 'secretRef', 'name'));
    }
    for (const variable of listAt(container, 'env')) {
      add('ConfigMap', at(variable, 'valueFrom', 'configMapKeyRef', 'name'));
      add('Secret', at(variable, 'valueFrom', 'secretKeyRef', 'name'));
    }
  }
  for (const secret of listAt(template, 'spec', 'imagePullSecrets')) add('Secret', at(secret, 'name'));
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reference]) => reference);
}
