import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Manifest, parseManifests } from '../../dev/stack/manifests.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples', 'failures');

/** One folder of examples/failures. */
export interface Exhibit {
  name: string;
  /** The finding that its row in the README promises. */
  cause: string;
  bad: string;
  /** What the simulated kubelets do, what has to be there before, and what the container says. */
  stages: string | null;
  setup: Manifest[];
  log: string | null;
}

/** Where the DaemonSet of an exhibit runs. */
export interface Place {
  namespace: string;
  nodeSelector: Record<string, string>;
}

/** The exhibits, by the table of the README. */
export function exhibits(): Exhibit[] {
  const text = readFileSync(join(folder, 'README.md'), 'utf8');
  return [...text.matchAll(/^\| \[([\w-]+)\]\(\1\/bad\.yaml\) \| `(\w+)` \|/gm)].map(([, name = '', cause = '']) => {
    const read = (file: string): string | null => {
      const path = join(folder, name, file);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    };
    const setup = parseManifests(read('setup.yaml') ?? '');
    return { name, cause, bad: read('bad.yaml') ?? '', stages: read('stages.yaml'), setup, log: read('log.txt') };
  });
}

/** The version that works, the same for all. */
export const good = (): string => readFileSync(join(folder, 'good.yaml'), 'utf8');

interface DaemonSetManifest extends Manifest {
  spec: {
    selector: { matchLabels: Record<string, string> };
    template: { metadata: { labels: Record<string, string> }; spec: Record<string, unknown> };
  };
}

/** A manifest of the gallery under a name of its own, in its place; the labels that are wrong on purpose stay wrong. */
export function placed(text: string, name: string, { namespace, nodeSelector }: Place): string {
  const manifest = parse(text) as DaemonSetManifest;
  const { selector, template } = manifest.spec;
  const named = (app: string | undefined): Record<string, string> => ({ app: app === 'agent' ? name : `${app}` });
  manifest.metadata = { name, namespace };
  selector.matchLabels = named(selector.matchLabels.app);
  template.metadata.labels = { ...template.metadata.labels, ...named(template.metadata.labels.app) };
  template.spec.nodeSelector = nodeSelector;
  return stringify(manifest);
}
