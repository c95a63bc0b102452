import { stringify } from 'yaml';
import { parseApplications } from '../../domain/application/parse.ts';
import type { ApplicationSpec } from '../../domain/application/spec.ts';
import { clusterName } from './product.ts';

/** What a test's DaemonSet looks like. */
export interface AgentOptions {
  name?: string;
  image: string;
  nodeSelector: Record<string, string>;
  graceSeconds?: number;
  env?: Record<string, string>;
}

/** Manifest of a one-container DaemonSet as YAML. */
export function agentYaml(options: AgentOptions): string {
  const name = options.name ?? 'agent';
  const labels = { app: name };
  const env = Object.entries(options.env ?? {}).map(([key, value]) => ({ name: key, value }));
  return stringify({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: options.nodeSelector,
          terminationGracePeriodSeconds: options.graceSeconds ?? 1,
          containers: [{ name: 'agent', image: options.image, ...(env.length === 0 ? {} : { env }) }],
        },
      },
    },
  });
}

/** A NodeApplication, read the way `nodewave apply -f` reads it. */
export function application(options: {
  name: string;
  repo: string;
  namespace: string;
  rollout?: Record<string, unknown>;
  path?: string;
  interval?: string;
  /** The run's cluster without it. */
  cluster?: string;
}): ApplicationSpec {
  const text = stringify({
    apiVersion: 'nodewave.dev/v1alpha1',
    kind: 'NodeApplication',
    metadata: { name: options.name },
    spec: {
      source: { repo: options.repo, ref: { branch: 'main' }, path: options.path ?? '.' },
      destination: { cluster: options.cluster ?? clusterName, namespace: options.namespace },
      sync: { interval: options.interval ?? '10m' },
      rollout: { batches: [{ nodes: '100%' }], maxUnavailable: 2, ...options.rollout },
    },
  });
  const { specs, errors } = parseApplications(text, 'test.yaml');
  const [spec] = specs;
  if (spec === undefined) throw new Error(JSON.stringify(errors));
  return spec;
}
