import { annotations } from '../ids.ts';
import type { ManagedFieldsEntry } from './managed-fields.ts';

/** metadata of a live object, as far as it says who manages the object. */
export interface ClaimedMetadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: readonly { kind: string; name: string; controller?: boolean }[];
  managedFields?: readonly ManagedFieldsEntry[];
}

/** Who manages an object, as seen by one application; `foreign` with the reason and what to do about it. */
export type Claim = { by: 'us' } | { by: 'nobody' } | { by: 'foreign'; who: string; cure: string };

const applicationManager = /^nodewave:(.+)$/;

/** Marks that other delivery tools leave on what they manage; Helm's label alone also comes from `helm template`. */
const toolMarks: readonly { tool: string; in: 'labels' | 'annotations'; key: string }[] = [
  { tool: 'Argo CD', in: 'annotations', key: 'argocd.argoproj.io/tracking-id' },
  { tool: 'Argo CD', in: 'labels', key: 'argocd.argoproj.io/instance' },
  { tool: 'Flux', in: 'labels', key: 'kustomize.toolkit.fluxcd.io/name' },
  { tool: 'Flux', in: 'labels', key: 'helm.toolkit.fluxcd.io/name' },
  { tool: 'Helm', in: 'annotations', key: 'meta.helm.sh/release-name' },
  { tool: 'kapp', in: 'labels', key: 'kapp.k14s.io/app' },
  { tool: 'Rancher Fleet', in: 'annotations', key: 'objectset.rio.cattle.io/id' },
];

const toolManagers: Record<string, string> = {
  'argocd-controller': 'Argo CD',
  'argocd-application-controller': 'Argo CD',
  'kustomize-controller': 'Flux',
  'helm-controller': 'Flux',
  helm: 'Helm',
};

/**
 * Who manages the object. Two tools that write one object undo each other's work, and with a DaemonSet that means pods
 * restarting outside of every batch: whoever else has it must let go first.
 */
export function claimOf(metadata: ClaimedMetadata, application: string): Claim {
  const annotated = metadata.annotations?.[annotations.application];
  const others = (metadata.managedFields ?? [])
    .map((entry) => applicationManager.exec(entry.manager)?.[1])
    .filter((name) => name !== undefined && name !== application);
  const other = annotated !== undefined && annotated !== application ? annotated : others[0];
  if (other !== undefined) {
    const cure = `take it out of git for one of the two, or release it with \`nodewave delete ${other}\``;
    return { by: 'foreign', who: `application ${other}`, cure };
  }
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner !== undefined) {
    const cure = `change it through ${owner.kind} ${owner.name}, and take it out of git here`;
    return { by: 'foreign', who: `${owner.kind} ${owner.name} (its owner)`, cure };
  }
  const tool = toolOf(metadata);
  if (tool !== null) {
    const cure = `release it there first without deleting it, and remove ${tool.mark}`;
    return { by: 'foreign', who: tool.name, cure };
  }
  return annotated === application ? { by: 'us' } : { by: 'nobody' };
}

function toolOf(metadata: ClaimedMetadata): { name: string; mark: string } | null {
  for (const { tool, in: place, key } of toolMarks) {
    const value = metadata[place]?.[key];
    if (value !== undefined) return { name: `${tool} (${value})`, mark: `${place.slice(0, -1)} ${key}` };
  }
  for (const { manager } of metadata.managedFields ?? []) {
    const tool = toolManagers[manager];
    if (tool !== undefined) return { name: tool, mark: `its managedFields entry ${manager}` };
  }
  return null;
}
