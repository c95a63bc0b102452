import type { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { nodeGroupLabel } from '../../../dev/stack/nodes.ts';
import { applyStages, crashLoop, slowReady } from '../../../dev/stack/stages.ts';
import { parseApplications } from '../../../domain/application/parse.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import { randomCluster } from './stack.ts';

/** Nodes that the run's DaemonSet selects. */
export const runSelector: Readonly<Record<string, string>> = { [nodeGroupLabel]: 'node' };

/** How the pods of a version behave: ready after so many milliseconds, or crashing, at once or after having been ready. */
export const behaviours = ['ready-300', 'ready-600', 'ready-1000', 'crash', 'crash-late'] as const;

export type Behaviour = (typeof behaviours)[number];

const behaviourImage = (behaviour: Behaviour): string => `behaves:${behaviour}`;

/** Teaches the simulated kubelets every behaviour. */
export async function applyBehaviours(kubeConfig: KubeConfig): Promise<void> {
  await applyStages(kubeConfig, [
    ...slowReady(behaviourImage('ready-300'), 300),
    ...slowReady(behaviourImage('ready-600'), 600),
    ...slowReady(behaviourImage('ready-1000'), 1_000),
    ...crashLoop(behaviourImage('crash')),
    ...crashLoop(behaviourImage('crash-late'), { runsMs: 2_000 }),
  ]);
}

/** One version of the DaemonSet. The first container's image names the version, the second one's how its pods behave. */
export function versionYaml(name: string, image: string, behaviour: Behaviour): string {
  const labels = { app: name };
  return stringify({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: runSelector,
          terminationGracePeriodSeconds: 1,
          containers: [
            { name: 'agent', image },
            { name: 'behaviour', image: behaviourImage(behaviour) },
          ],
        },
      },
    },
  });
}

/** Per cent of the nodes that may be out at once. */
export const budgetPercent = 10;

/** The application of a run: a canary with a soak, then three more batches. */
export function applicationFor(namespace: string, repo: string): ApplicationSpec {
  const text = stringify({
    apiVersion: 'nodewave.dev/v1alpha1',
    kind: 'NodeApplication',
    metadata: { name: namespace },
    spec: {
      source: { repo, ref: { branch: 'main' }, path: '.' },
      destination: { cluster: randomCluster, namespace },
      sync: { interval: '10m' },
      rollout: {
        batches: [{ nodes: '5%', soak: '1s' }, { nodes: '30%' }, { nodes: '65%' }, { nodes: '100%' }],
        maxUnavailable: `${budgetPercent}%`,
        readyWithin: '1m',
      },
    },
  });
  const { specs, errors } = parseApplications(text, 'random.yaml');
  const [spec] = specs;
  if (spec === undefined) throw new Error(JSON.stringify(errors));
  return spec;
}
