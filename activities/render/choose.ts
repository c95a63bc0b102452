import type { ApplicationSource, Renderer } from '../../domain/application/spec.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { GitStore } from '../git/store.ts';
import { kustomizationNames } from './kustomization.ts';

const chartName = 'Chart.yaml';

/**
 * The renderer of a folder: the one that is stated, or the one whose file is in it: a kustomization, a Chart.yaml, else plain.
 * Throws BadInput when both are there, when the one that is stated has no file, and for `helm:` options without a chart.
 */
export async function chooseRenderer(
  git: GitStore,
  source: ApplicationSource,
  commit: string,
  signal?: AbortSignal,
): Promise<Exclude<Renderer, 'auto'>> {
  const { repo, path, render } = source;
  if (render === 'plain') return 'plain';
  const names = new Set((await git.list(repo, commit, path, { recursive: false, signal })).map((entry) => entry.path));
  const kustomization = kustomizationNames.find((name) => names.has(name));
  const chart = names.has(chartName);
  if (render === 'kustomize' && kustomization === undefined) {
    throw refusal(`${path} has no kustomization.yaml; add one, or correct spec.source.path or spec.source.render`);
  }
  if (render === 'helm' && !chart) {
    throw refusal(`${path} has no Chart.yaml; add one, or correct spec.source.path or spec.source.render`);
  }
  if (render !== 'auto') return render;
  if (kustomization !== undefined && chart) {
    throw refusal(`${path} has both ${kustomization} and ${chartName}; set spec.source.render: kustomize, or helm`);
  }
  if (source.helm !== undefined && !chart) {
    throw refusal(
      `spec.source.helm is for charts, and ${path} has no ${chartName}; remove it, or correct spec.source.path`,
    );
  }
  return kustomization !== undefined ? 'kustomize' : chart ? 'helm' : 'plain';
}

function refusal(message: string): NodewaveError {
  return new NodewaveError('BadInput', message);
}
