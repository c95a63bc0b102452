import { didYouMean } from '../suggest.ts';
import type { GatePod, GateScene } from './types.ts';

/** What `{{...}}` may name. `node` and `pod` ask once for each node of the batch. */
export const placeholders = ['node', 'nodes', 'pod', 'pods', 'namespace', 'daemonset', 'cluster', 'commit'] as const;

type Placeholder = (typeof placeholders)[number];

const form = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Most pods that one gate asks about one by one; more are sampled evenly. */
export const mostAsked = 20;

/** What is wrong with the placeholders of a text; undefined when nothing is. `known` may narrow them. */
export function placeholderProblem(text: string, known: readonly Placeholder[] = placeholders): string | undefined {
  for (const [whole, name = ''] of text.matchAll(form)) {
    if (known.some((one) => one === name)) continue;
    const hint = didYouMean(name, known);
    return `${whole} is not known${hint === '' ? `; expected one of ${known.join(', ')}` : hint}`;
  }
  return undefined;
}

/** Whether the text has to be asked once for each node. */
export function isPerNode(text: string): boolean {
  return [...text.matchAll(form)].some(([, name]) => name === 'node' || name === 'pod');
}

/** Whether the text names all nodes of the batch, so that each of them is expected in the answer. */
export function namesEveryNode(text: string): boolean {
  return [...text.matchAll(form)].some(([, name]) => name === 'nodes' || name === 'pods');
}

/**
 * The text with its placeholders filled in. Lists become an alternation for `=~`; characters that could end a string or
 * mean something in a regular expression do not get through, however the text quotes them: `.` becomes `[.]` in lists, and
 * what no name of Kubernetes has becomes `_`, which then matches nothing.
 */
export function fillIn(text: string, scene: GateScene, pod: GatePod | null): string {
  const alternation = (names: readonly string[]): string =>
    names.length === 0 ? '_none_' : names.map((name) => plain(name).replaceAll('.', '[.]')).join('|');
  const values: Record<Placeholder, () => string> = {
    node: () => plain(pod?.node ?? ''),
    nodes: () => alternation(scene.fresh.map((one) => one.node)),
    pod: () => plain(pod?.name ?? ''),
    pods: () => alternation(scene.fresh.map((one) => one.name)),
    namespace: () => plain(scene.namespace),
    daemonset: () => plain(scene.daemonset),
    cluster: () => plain(scene.cluster),
    commit: () => plain(scene.commit),
  };
  return text.replace(form, (whole, name: string) => (isPlaceholder(name) ? values[name]() : whole));
}

/** At most `most` of the pods, spread evenly over their names, always the same ones. */
export function sampled(pods: readonly GatePod[], most = mostAsked): GatePod[] {
  const sorted = [...pods].sort((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : 0));
  if (sorted.length <= most) return sorted;
  return Array.from({ length: most }, (_, index) => sorted[Math.floor((index * sorted.length) / most)]).filter(
    (pod) => pod !== undefined,
  );
}

function isPlaceholder(name: string): name is Placeholder {
  return placeholders.some((one) => one === name);
}

function plain(name: string): string {
  return name.replace(/[^\w.-]/g, '_');
}
