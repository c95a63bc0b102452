import { annotationPrefix } from '../ids.ts';
import type { PodTemplate } from '../record.ts';

/** Name of the policy and of its binding, as deploy/pin.yaml has them. */
export const pinPolicyName = 'nodewave-pin';

/** Annotation of the policy, and the value that this worker knows how to parametrise. */
export const pinPolicyRevision = { key: `${annotationPrefix}pin-policy`, value: '1' } as const;

/** Label by which the policy's binding finds its parameters. */
export const pinLabel = `${annotationPrefix}pin`;

/** What the policy reads from a parameter. */
export const pinAnnotations = {
  /** UID of the DaemonSet whose pods it is about. */
  daemonSet: `${annotationPrefix}pin-daemonset`,
  /** Names of the nodes that get the new template: with a space between, before and behind them. */
  released: `${annotationPrefix}pin-released`,
} as const;

/** MutatingAdmissionPolicy is served without a feature gate from this minor version of Kubernetes 1 on. */
const oldestMinor = 36;

/** Annotations of one object may have 256 KiB; this leaves room for the others. */
const maxReleasedBytes = 240_000;

/** Name of the PodTemplate that is the policy's parameter for a DaemonSet; names are at most 253 characters long. */
export function pinName(daemonset: string): string {
  return `${pinPolicyName}-${daemonset}`.slice(0, 253);
}

/** Why a cluster of this version cannot pin; null when it can. Vendors append letters, as in "36+". */
export function pinVersionProblem(version: { major: string; minor: string; gitVersion: string }): string | null {
  const [major, minor] = [version.major, version.minor].map((part) => Number.parseInt(part, 10));
  if (major === undefined || minor === undefined || major > 1 || (major === 1 && minor >= oldestMinor)) return null;
  return `"exposure: pin" needs Kubernetes 1.${oldestMinor} or newer, and this cluster is ${version.gitVersion}; write "exposure: window"`;
}

/** Why the nodes of a cluster cannot be listed for the policy; null when they can. */
export function pinSizeProblem(names: readonly string[]): string | null {
  const bytes = releasedText(names).length;
  if (bytes <= maxReleasedBytes) return null;
  return `"exposure: pin" keeps the names of released nodes in an annotation, and those of ${names.length} nodes are too long for it (${bytes} of at most ${maxReleasedBytes} bytes); write "exposure: window"`;
}

/** Node names as the policy reads them. */
export function releasedText(names: Iterable<string>): string {
  const sorted = [...new Set(names)].sort();
  return sorted.length === 0 ? ' ' : ` ${sorted.join(' ')} `;
}

/** The way back. */
export function releasedNodes(text: string | undefined): Set<string> {
  return new Set((text ?? '').split(' ').filter((name) => name !== ''));
}

/** What a pin is made from. */
export interface Pin {
  application: string;
  namespace: string;
  daemonset: string;
  daemonSetUid: string;
  /** UID of the record's ConfigMap, which owns the pin: without a record nobody would ever take it away. */
  record: { name: string; uid: string };
  /** Last good, as the API server gave it, and its hash. */
  template: PodTemplate;
  hash: string;
  released: Iterable<string>;
}

/** The policy's parameter, as it is applied. */
export function pinObject(pin: Pin) {
  const metadata = (pin.template.metadata ?? {}) as { labels?: Record<string, string>; annotations?: object };
  return {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: {
      name: pinName(pin.daemonset),
      namespace: pin.namespace,
      labels: { [pinLabel]: 'true', [`${annotationPrefix}application`]: pin.application },
      annotations: {
        [pinAnnotations.daemonSet]: pin.daemonSetUid,
        [pinAnnotations.released]: releasedText(pin.released),
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', ...pin.record, controller: false }],
    },
    // The controller's own label of the new template would make it count the pod as updated.
    template: { ...pin.template, metadata: { ...metadata, labels: { ...metadata.labels, [hashLabel]: pin.hash } } },
  };
}

const hashLabel = 'controller-revision-hash';
