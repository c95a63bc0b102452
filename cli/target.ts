import type { DaemonSetRef } from '../domain/ids.ts';
import { suggest } from '../domain/suggest.ts';
import { CliError } from './errors.ts';
import type { PlaceOptions } from './options.ts';

/** A DaemonSet as a person names it: the cluster may be left out. */
export interface NamedDaemonSet {
  namespace: string;
  name: string;
  cluster?: string;
}

/** What `retry` and `rollback` are sent to. */
export type Target = { kind: 'daemonset'; daemonset: NamedDaemonSet } | { kind: 'application'; name: string };

const kinds = ['ds', 'daemonset', 'daemonsets'];

/** Reads `ds/NAME -n NAMESPACE [--cluster C]`. Throws a usage error that shows how it is written. */
export function parseDaemonSet(text: string, place: PlaceOptions): NamedDaemonSet {
  const [kind, name, ...rest] = text.split('/');
  if (kind === undefined || name === undefined) {
    throw new CliError('usage', `"${text}" does not name a DaemonSet`, `Write ds/${text} -n NAMESPACE.`);
  }
  if (!kinds.includes(kind.toLowerCase())) {
    const near = suggest(kind, kinds);
    const cure = near === undefined ? 'Write ds/NAME -n NAMESPACE.' : `Write ${near}/${name} -n NAMESPACE.`;
    throw new CliError('usage', `"${kind}" is not a kind that has rollouts; DaemonSets are written as ds/NAME`, cure);
  }
  if (name === '' || rest.length > 0) {
    throw new CliError('usage', `"${text}" does not name a DaemonSet`, 'Write ds/NAME -n NAMESPACE.');
  }
  if (place.namespace === undefined || place.namespace === '') {
    throw new CliError('usage', `the namespace of ds/${name} is missing`, `Add it: ds/${name} -n NAMESPACE.`);
  }
  return { namespace: place.namespace, name, ...(place.cluster === undefined ? {} : { cluster: place.cluster }) };
}

const podKinds = ['pod', 'po', 'pods'];

/** What the DaemonSet controller appends to a pod's name: letters that form no words. */
const podSuffix = /-[bcdfghjklmnpqrstvwxz2456789]{5}$/;

/** Reads `ds/NAME` or `pod/NAME`; a pod is named after its DaemonSet, with a dash and five characters more. */
export function parseDaemonSetOrPod(text: string, place: PlaceOptions): { daemonset: NamedDaemonSet; pod?: string } {
  const [kind = '', pod = '', ...rest] = text.split('/');
  if (!podKinds.includes(kind.toLowerCase())) return { daemonset: parseDaemonSet(text, place) };
  const name = pod.replace(podSuffix, '');
  if (rest.length > 0 || name === pod || name === '') {
    const cure = 'Write pod/DAEMONSET-xxxxx -n NAMESPACE, or ds/DAEMONSET -n NAMESPACE for all of its pods.';
    throw new CliError('usage', `"${text}" does not name a pod of a DaemonSet`, cure);
  }
  if (place.namespace === undefined || place.namespace === '') {
    throw new CliError('usage', `the namespace of pod/${pod} is missing`, `Add it: pod/${pod} -n NAMESPACE.`);
  }
  return { daemonset: parseDaemonSet(`ds/${name}`, place), pod };
}

/** Reads `ds/NAME -n NAMESPACE`, or the name of an application. */
export function parseTarget(text: string, place: PlaceOptions): Target {
  if (text.includes('/') && !text.startsWith('app/'))
    return { kind: 'daemonset', daemonset: parseDaemonSet(text, place) };
  const option = place.namespace !== undefined ? '-n' : place.cluster !== undefined ? '--cluster' : null;
  if (option !== null) {
    throw new CliError(
      'usage',
      `"${text}" is read as an application, which takes no ${option}`,
      `Write ds/${text} -n ${place.namespace ?? 'NAMESPACE'} for the rollout of a DaemonSet, or leave out ${option}.`,
    );
  }
  return { kind: 'application', name: parseApplication(text) };
}

/** Reads the name of an application, where only that is possible. */
export function parseApplication(text: string): string {
  const [kind, name, ...rest] = text.split('/');
  if (name === undefined && text !== '') return text;
  if (kind === 'app' && name !== undefined && name !== '' && rest.length === 0) return name;
  throw new CliError(
    'usage',
    `"${text}" is not the name of an application`,
    'Write its name alone; "nodewave get" lists the applications.',
  );
}

/** How a DaemonSet is named on the command line. */
export function daemonSetArguments({ namespace, name, cluster }: NamedDaemonSet | DaemonSetRef): string {
  return `ds/${name} -n ${namespace}${cluster === undefined ? '' : ` --cluster ${cluster}`}`;
}
