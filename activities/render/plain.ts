import type { ManifestFile } from '../../domain/manifest/parse.ts';
import { kustomizationNames } from './kustomization.ts';

/** Files that say how others become manifests; they are none themselves. */
const markers = new Map([...kustomizationNames.map((name) => [name, 'kustomize'] as const), ['Chart.yaml', 'helm']]);

/** The files that are applied as they are. A kustomization or Chart.yaml among them is left out, and what is beside it is taken. */
export function plainFiles(files: readonly ManifestFile[]): { files: ManifestFile[]; warnings: string[] } {
  const kept: ManifestFile[] = [];
  const warnings: string[] = [];
  for (const file of files) {
    const tool = markers.get(file.path.slice(file.path.lastIndexOf('/') + 1));
    if (tool === undefined) kept.push(file);
    else warnings.push(`${file.path} is left out: manifests are applied as they are, without ${tool}`);
  }
  return { files: kept, warnings };
}
