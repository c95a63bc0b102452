import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { imageOf, repositoryRoot, setting, type Version } from './setting.ts';

const examples = join(repositoryRoot, 'examples');

/** Path of the DaemonSet in the repository. */
export const manifestPath = 'agents/node-agent.yaml';

/** The example's DaemonSet with the image of one version. Throws when the example has no line that names the image. */
export function daemonSetYaml(version: Version): string {
  const text = readFileSync(join(examples, manifestPath), 'utf8');
  const changed = text.replace(/^(\s*image: ).*$/m, (_line, key: string) => `${key}${imageOf(version)}`);
  if (!changed.includes(imageOf(version))) throw new Error(`examples/${manifestPath} has no image`);
  return changed;
}

/** The fields of the example's NodeApplication that the demo changes. */
interface ApplicationFile {
  metadata: { name: string };
  spec: {
    source: { repo: string };
    destination: { cluster: string; namespace: string };
    rollout: { batches: { name: string; soak?: string }[]; readyWithin: string };
  };
}

/** Soaks in a demo: long enough to be seen, too short to be bored. */
const soaks: Readonly<Record<string, string>> = { canary: '2s', quarter: '1s' };

/** The example's NodeApplication with another repository and cluster, and with soaks of seconds. */
export function applicationYaml(repositoryUrl: string): string {
  const file = parse(readFileSync(join(examples, 'node-application.yaml'), 'utf8')) as ApplicationFile;
  file.metadata.name = setting.application;
  file.spec.source.repo = repositoryUrl;
  file.spec.destination = { cluster: setting.cluster, namespace: setting.namespace };
  for (const batch of file.spec.rollout.batches) {
    const soak = soaks[batch.name];
    if (soak !== undefined) batch.soak = soak;
  }
  file.spec.rollout.readyWithin = '60s';
  return stringify(file);
}
