import type * as z from 'zod';
import { list, mapping } from '../../application/parse-mapping.ts';
import * as value from '../../application/parse-values.ts';
import { allowanceOf } from '../../rollout/budget.ts';
import type { IntOrPercent } from '../../rollout/policy.ts';
import type { GateAnswer, GateKind, GateScene, Measurement, NeighbourNode } from '../types.ts';
import { namesOf } from '../words.ts';

/** How many nodes of the batch may suffer, and whose pods do not count. */
export interface NodesGate {
  maxFailing: IntOrPercent;
  /** Namespaces whose pods come and go by themselves. */
  ignoreNamespaces: string[];
}

const schema: z.ZodType<NodesGate> = mapping('a mapping such as {maxFailing: 0}', {
  maxFailing: value.nodesOrNone.default(0),
  ignoreNamespaces: list('a list of namespaces', value.label, 50).default([]),
});

/** Nodes of the control group that are looked at: enough to know what is usual now. */
const mostRest = 100;

/** Clocks of kubelets and API server may differ by this, and a pod may fall in the second in which ours is made. */
const clockMarginMs = 2_000;

/** What is wrong with a node since a moment; null when nothing is. */
function trouble(node: NeighbourNode, sinceMs: number, ignored: readonly string[]): string | null {
  const after = (atMs: number | undefined): boolean => atMs !== undefined && atMs >= sinceMs - clockMarginMs;
  const bad = node.bad.find((condition) => after(condition.sinceMs));
  if (bad !== undefined) return `${bad.type}${bad.message === '' ? '' : ` (${bad.message})`}`;
  for (const pod of node.pods) {
    if (ignored.includes(pod.namespace)) continue;
    const name = `${pod.namespace}/${pod.name}`;
    if (!pod.ready && after(pod.notReadySinceMs)) return `${name} is not ready any more`;
    if (after(pod.endedMs)) return `a container of ${name} has ended`;
  }
  return null;
}

/**
 * Conditions of the nodes that were touched, and readiness and restarts of *other* pods there since ours was replaced: a bad CNI or
 * storage agent shows there first. Nodes on last good are the control group: what they show as often is not held against the release.
 */
export const nodesGate: GateKind<NodesGate> = {
  kind: 'nodes',
  schema,
  defaults: { intervalMs: 30_000, count: 2, failureLimit: 1 },
  describe: ({ maxFailing }) => `conditions and other pods of touched nodes: at most ${maxFailing} nodes suffer`,
  ask: (_config, scene) => {
    const nodes = [...scene.fresh, ...scene.rest.slice(0, mostRest)].map(({ node }) => node);
    return nodes.length === 0 ? [] : [{ form: 'neighbours', nodes }];
  },
  judge: (config, scene, [answer]) => judge(config, scene, answer),
};

function judge(config: NodesGate, scene: GateScene, answer: GateAnswer | undefined): Measurement {
  if (answer?.form === 'problem') return { outcome: 'error', sentence: answer.problem };
  if (answer?.form !== 'neighbours') return { outcome: 'inconclusive', sentence: 'no node was touched', samples: 0 };
  const byName = new Map(answer.nodes.map((node) => [node.node, node]));
  const takenMs = new Map(scene.fresh.map((pod) => [pod.node, pod.createdMs]));
  const firstMs = Math.min(...takenMs.values());
  const found = (names: readonly string[], since: (name: string) => number): [string, string][] =>
    names.flatMap((name): [string, string][] => {
      const node = byName.get(name);
      const what = node === undefined ? null : trouble(node, since(name), config.ignoreNamespaces);
      return what === null ? [] : [[name, what]];
    });
  const fresh = [...takenMs.keys()].filter((name) => byName.has(name));
  const rest = scene.rest.map(({ node }) => node).filter((name) => byName.has(name));
  const samples = fresh.length;
  const failing = found(fresh, (name) => takenMs.get(name) ?? scene.sinceMs);
  if (failing.length <= allowanceOf(config.maxFailing, samples)) {
    return {
      outcome: 'success',
      sentence: `${samples - failing.length} of ${samples} touched nodes are well`,
      samples,
    };
  }
  const [[first, what] = ['', '']] = failing;
  const nodes = failing.map(([name]) => name);
  const sentence = `${failing.length} of ${samples} touched nodes suffer (${namesOf(nodes)}); ${first}: ${what}`;
  const usual = found(rest, () => firstMs).length;
  if (usual > 0 && usual / rest.length >= failing.length / samples) {
    return {
      outcome: 'inconclusive',
      sentence: `${sentence}; so do ${usual} of ${rest.length} untouched nodes`,
      samples,
    };
  }
  return { outcome: 'failure', sentence, samples, nodes };
}
