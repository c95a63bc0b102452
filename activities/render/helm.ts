import type { DocumentError } from '../../domain/document-error.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { readChart } from './chart.ts';
import type { CommitFiles } from './commit-files.ts';
import { helmPlaces } from './helm-places.ts';
import type { RenderedText, RenderJob } from './job.ts';
import { explainEnd, refuseErrors, toolWarnings } from './refusal.ts';
import { runTool } from './run-tool.ts';
import { withCopy } from './temporary-copy.ts';

/**
 * `.Capabilities.KubeVersion` where the application states none: a fixed one, since two workers with different builds of Helm
 * must render the same.
 */
const defaultKubeVersion = '1.33.0';

/**
 * Renders the chart at `spec.source.path` with `helm template` from a copy of the chart and the values files. Helm reaches no
 * cluster and no network; `lookup` finds nothing. Throws BadInput or Infrastructure.
 */
export async function renderHelm(job: RenderJob): Promise<RenderedText> {
  const { spec, files, tool, limits, signal } = job;
  const { path, helm = {} } = spec.source;
  const { valuesFiles = [] } = helm;
  const chart = await readChart(files, path, helm.version);
  const inChart = files.under(path);
  const links = inChart.filter(({ symlink }) => symlink);
  const errors: DocumentError[] = [...chart.errors, ...links.map((link) => linkError(link.path))];
  refuseErrors(errors);
  for (const file of valuesFiles) refuseValuesFile(files, path, file);
  const paths = [...new Set([...inChart.map((file) => file.path), ...valuesFiles])];
  return await withCopy(await files.read(paths), async (copy) => {
    const folder = path === '.' ? copy.tree : `${copy.tree}/${path}`;
    const values = JSON.stringify(helm.values ?? {});
    const args = [
      ...['template', helm.releaseName ?? releaseName(spec.name), folder],
      ...['--namespace', spec.destination.namespace],
      ...['--kube-version', helm.kubeVersion ?? defaultKubeVersion],
      ...(helm.apiVersions ?? []).flatMap((version) => ['--api-versions', version]),
      ...valuesFiles.flatMap((file) => ['--values', `${copy.tree}/${file}`]),
      ...['--values', await copy.write('values.json', values)],
      ...(helm.crds === 'skip' ? [] : ['--include-crds']),
    ];
    const run = { file: tool.file, args, dir: copy.dir, env: helmEnvironment(copy.dir), limits, signal };
    try {
      const { stdout, stderr } = await runTool(run);
      const places = helmPlaces(stdout, chart.name, path);
      refuseChanging(stdout, (await runTool(run)).stdout, places);
      return { text: stdout, placeOf: places, warnings: toolWarnings(tool.name, stderr, copy) };
    } catch (error) {
      const explained = explainEnd(error, job, copy);
      throw explained instanceof NodewaveError ? inRepository(explained, chart.name, path) : explained;
    }
  });
}

/** Everything that Helm reads or writes beside the chart is in the temporary folder, and empty. */
function helmEnvironment(dir: string): Record<string, string> {
  return {
    HELM_CACHE_HOME: `${dir}/helm/cache`,
    HELM_CONFIG_HOME: `${dir}/helm/config`,
    HELM_DATA_HOME: `${dir}/helm/data`,
    HELM_PLUGINS: `${dir}/helm/plugins`,
    HELM_REGISTRY_CONFIG: `${dir}/helm/registry.json`,
    HELM_REPOSITORY_CACHE: `${dir}/helm/repository`,
    HELM_REPOSITORY_CONFIG: `${dir}/helm/repositories.yaml`,
    HELM_NO_PLUGINS: '1',
    KUBECONFIG: `${dir}/helm/kubeconfig`,
  };
}

/** Helm allows 53 characters, an application 63. */
function releaseName(name: string): string {
  if (name.length <= 53) return name;
  const cure = 'set spec.source.helm.releaseName';
  throw new NodewaveError('BadInput', `the name ${name} has more than the 53 characters of a release of Helm; ${cure}`);
}

function linkError(file: string): DocumentError {
  return { file, line: 1, message: 'is a symbolic link, which is not followed; replace it by what it points to' };
}

function refuseValuesFile(files: CommitFiles, chart: string, file: string): void {
  const what = files.at(file);
  if (what === 'file') return;
  const field = 'spec.source.helm.valuesFiles';
  if (what !== 'nothing') {
    const kind = what === 'folder' ? 'a folder' : what === 'symlink' ? 'a symbolic link' : 'in a submodule';
    throw new NodewaveError('BadInput', `${field}: ${file} is ${kind}; name a file of the repository`);
  }
  const beside = chart === '.' ? file : `${chart}/${file}`;
  const hint = files.at(beside) === 'file' ? `did you mean ${beside}?` : 'add it, or correct the path';
  throw new NodewaveError('BadInput', `${field}: there is no file ${file} (from the root of the repository); ${hint}`);
}

/** A chart that makes random values would ask for another rollout each time that it is rendered. */
function refuseChanging(first: string, second: string, placeOf: (line: number) => string): void {
  if (first === second) return;
  const lines = second.split('\n');
  const index = first.split('\n').findIndex((line, at) => line !== lines[at]);
  const cure = 'set the value that is random or the time, or an existing Secret, in the values';
  throw new NodewaveError(
    'BadInput',
    `${placeOf(index + 1)}:${index + 1}: renders differently each time, so that a plan could never be approved; ${cure}`,
  );
}

/** Helm names templates by the chart's name; in the repository they are below the chart's folder. */
function inRepository(error: NodewaveError, chart: string, path: string): NodewaveError {
  const own = new RegExp(`(^|[\\s("'<])${chart.replaceAll(/[^\w-]/g, '\\$&')}/(templates|charts|crds)/`, 'g');
  const folder = path === '.' ? '' : `${path}/`;
  return new NodewaveError(error.code, error.message.replaceAll(own, `$1${folder}$2/`));
}
