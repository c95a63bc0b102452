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

/** Marks of what a cloud or the cluster's own add-on manager keeps as it wants it, whatever anyone writes. */
const addOnMarks: readonly { owner: string; in: 'labels' | 'annotations'; key: string; value?: string }[] = [
  { owner: 'the add-on manager of the control plane', in: 'labels', key: 'addonmanager.kubernetes.io/mode' },
  { owner: 'Amazon EKS', in: 'labels', key: 'eks.amazonaws.com/component' },
  { owner: 'Google GKE', in: 'labels', key: 'components.gke.io/component-name' },
  { owner: 'Google GKE', in: 'annotations', key: 'components.gke.io/component-name' },
  { owner: 'Azure AKS', in: 'labels', key: 'kubernetes.azure.com/managedby', value: 'aks' },
];

/** Field managers of the same. */
const addOnManagers: Record<string, string> = { eks: 'Amazon EKS' };

const toolManagers: Record<string, string> = {
  'argocd-controller': 'Argo CD',
  'argocd-application-controller': 'Argo CD',
  'kustomize-controller': 'Flux',
  'helm-controller': 'Flux',
  helm: 'Helm',
};

/** Whether the field manager is one under which another delivery tool writes whole objects. */
export function isDeliveryTool(manager: string): boolean {
  return Object.hasOwn(toolManagers, manager);
}

/**
 * Who manages the object. Two tools that write one object undo each other's work, and with a DaemonSet that means pods
 * restarting outside of every batch: whoever else has it must let go first.
 * @param force a person has said that objects of other delivery tools are to be taken over. What an operator, a cloud or another
 * application keeps is refused even then: it would be put back at once
 */
export function claimOf(metadata: ClaimedMetadata, application: string, force = false): Claim {
  const annotated = metadata.annotations?.[annotations.application];
  const others = (metadata.managedFields ?? [])
    .map((entry) => applicationManager.exec(entry.manager)?.[1])
    .filter((name) => name !== undefined && name !== application);
  const other = annotated !== undefined && annotated !== application ? annotated : others[0];
  if (other !== undefined) {
    const cure = `take it out of git for one of the two, or release it with \`nodewave delete ${other}\``;
    return { by: 'foreign', who: `application ${other}`, cure };
  }
  // An owner that does not call itself the controller still takes the object with it when it goes.
  const owners = metadata.ownerReferences ?? [];
  const owner = owners.find((reference) => reference.controller === true) ?? owners[0];
  if (owner !== undefined) {
    const cure = `change it through ${owner.kind} ${owner.name}, and take it out of git here`;
    return { by: 'foreign', who: `${owner.kind} ${owner.name} (its owner)`, cure };
  }
  const addOn = addOnOf(metadata);
  if (addOn !== null) {
    const cure = `it is a managed add-on (${addOn.mark}): change it there, and take it out of git here`;
    return { by: 'foreign', who: addOn.owner, cure };
  }
  const tool = force ? null : toolOf(metadata);
  if (tool !== null) {
    const cure = `release it there first without deleting it, and remove ${tool.mark}; or set spec.sync.adopt: force to take it over as it is`;
    return { by: 'foreign', who: tool.name, cure };
  }
  return annotated === application ? { by: 'us' } : { by: 'nobody' };
}

function addOnOf(metadata: ClaimedMetadata): { owner: string; mark: string } | null {
  for (const { owner, in: place, key, value } of addOnMarks) {
    const found = metadata[place]?.[key];
    if (found === undefined || (value !== undefined && found !== value)) continue;
    return { owner, mark: `${place.slice(0, -1)} ${key}: ${found}` };
  }
  for (const { manager } of metadata.managedFields ?? []) {
    const owner = addOnManagers[manager];
    if (owner !== undefined) return { owner, mark: `field manager ${manager}` };
  }
  return null;
}

/** The other delivery tool that manages the object, and what shows it; null when none does. */
export function toolOf(metadata: ClaimedMetadata): { name: string; mark: string } | null {
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
