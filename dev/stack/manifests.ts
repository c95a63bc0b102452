import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { type ClusterClient, createClusterClient } from '../../activities/cluster/client.ts';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';
import { waitFor } from './wait.ts';

/** Where manifests come from: one file, all .yaml files of a folder in name order, or text. */
export type ManifestSource = { file: string } | { dir: string } | { text: string };

/** An API object as it is written in YAML. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

function read(source: ManifestSource): string[] {
  if ('text' in source) return [source.text];
  if ('file' in source) return [readFileSync(source.file, 'utf8')];
  const names = readdirSync(source.dir).filter((name) => name.endsWith('.yaml'));
  return names.sort().map((name) => readFileSync(join(source.dir, name), 'utf8'));
}

/** The objects of some YAML text, empty documents left out. Throws on YAML errors and on what is not an object. */
export function parseManifests(text: string): Manifest[] {
  const manifests: Manifest[] = [];
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value = document.toJS() as Partial<Manifest> | null;
    if (value === null) continue;
    if (!value.apiVersion || !value.kind || !value.metadata?.name) {
      throw new Error(`not a Kubernetes object with apiVersion, kind and metadata.name:\n${String(document)}`);
    }
    manifests.push(value as Manifest);
  }
  return manifests;
}

/** Asks the API server where a kind lives. A kind whose CRD was created a moment ago takes some time to be served. */
async function findResource(client: ClusterClient, { apiVersion, kind }: Manifest): Promise<[string, ApiResource]> {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const find = async () => {
    const list = await client.get<{ resources: ApiResource[] }>(root);
    return list?.resources.find((entry) => entry.kind === kind && !entry.name.includes('/'));
  };
  const resource = await waitFor(find, { timeoutMs: 10_000, what: `the API server to serve ${apiVersion} ${kind}` });
  return [root, resource];
}

/**
 * Creates or updates objects by server-side apply, forced, in the order they are written, and returns them as the API
 * server answered. `kube` is a kubeconfig file or a loaded one. A namespaced object that names none goes to `namespace`.
 */
export async function applyManifests(
  kube: string | KubeConfig,
  source: ManifestSource,
  options: { namespace?: string; fieldManager?: string } = {},
): Promise<Manifest[]> {
  const { namespace = 'default', fieldManager = 'nodewave-dev' } = options;
  const client = createClusterClient(typeof kube === 'string' ? loadKubeConfig(kube) : kube);
  const applied: Manifest[] = [];
  for (const manifest of read(source).flatMap(parseManifests)) {
    const [root, { name: plural, namespaced }] = await findResource(client, manifest);
    const { name, namespace: own } = manifest.metadata;
    const scope = namespaced ? `/namespaces/${encodeURIComponent(own ?? namespace)}` : '';
    const path = `${root}${scope}/${plural}/${encodeURIComponent(name)}`;
    applied.push(await client.apply<Manifest>(path, manifest, { fieldManager, force: true }));
  }
  return applied;
}
