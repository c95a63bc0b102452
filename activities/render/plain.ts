import type { ApplicationSource } from '../../domain/application/spec.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { ManifestFile } from '../../domain/manifest/parse.ts';

/** Files that say that another renderer is meant, and which. */
const markers: Record<string, string> = {
  'kustomization.yaml': 'kustomize',
  'kustomization.yml': 'kustomize',
  'Chart.yaml': 'helm',
};

/**
 * The files that are applied as they are. With `render: auto` a folder that Kustomize or Helm should render is refused
 * (BadInput) as long as neither is built in; with `render: plain` a kustomization is left out and its resources are taken.
 */
export function plainFiles(
  files: readonly ManifestFile[],
  source: Pick<ApplicationSource, 'path' | 'render'>,
): { files: ManifestFile[]; warnings: string[] } {
  const kept: ManifestFile[] = [];
  const warnings: string[] = [];
  for (const file of files) {
    const tool = markers[file.path.slice(file.path.lastIndexOf('/') + 1)];
    if (tool === undefined) kept.push(file);
    else if (source.render === 'auto' && parentOf(file.path) === source.path) {
      const cure = `commit the rendered manifests, or set spec.source.render: plain to apply the files as they are`;
      throw new NodewaveError('BadInput', `${file.path} asks for ${tool}, which is not supported yet; ${cure}`);
    } else warnings.push(`${file.path} is left out: manifests are applied as they are, without ${tool}`);
  }
  return { files: kept, warnings };
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '.' : path.slice(0, slash);
}
