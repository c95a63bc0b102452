import type { DocumentError } from '../../domain/document-error.ts';
import { fieldName } from '../../domain/document-error.ts';
import { at, isPlainObject, listAt } from '../../domain/plain.ts';
import { readDocuments } from '../../domain/yaml-documents.ts';
import type { CommitFiles } from './commit-files.ts';

/** What is looked at in a Chart.yaml before Helm is run. */
export interface Chart {
  name: string;
  errors: DocumentError[];
}

/**
 * Reads the Chart.yaml of a chart and says what is wrong: another version than the application pins, or dependencies that are
 * not in `charts/`. They are never downloaded: what is rendered is what was committed and reviewed.
 */
export async function readChart(files: CommitFiles, folder: string, pinned: string | undefined): Promise<Chart> {
  const file = folder === '.' ? 'Chart.yaml' : `${folder}/Chart.yaml`;
  const { documents, errors } = readDocuments(await files.text(file), file);
  const [document] = documents;
  if (document === undefined || !isPlainObject(document.value)) {
    const message = 'is no chart; expected a mapping with apiVersion, name and version';
    return { name: '', errors: errors.length > 0 ? errors : [{ file, line: 1, message }] };
  }
  const { value, lineOf } = document;
  const fail = (path: (string | number)[], message: string): void => {
    errors.push({ file, line: lineOf(path), field: fieldName(path), message });
  };
  const version = at(value, 'version');
  if (pinned !== undefined && version !== pinned) {
    const cure = `commit the chart of version ${pinned}, or change spec.source.helm.version`;
    fail(['version'], `is ${String(version)}, and the application pins ${pinned}; ${cure}`);
  }
  const vendored = files.under(folder === '.' ? 'charts' : `${folder}/charts`).map(({ path }) => path);
  listAt(value, 'dependencies').forEach((dependency, index) => {
    const name = at(dependency, 'name');
    if (typeof name !== 'string' || isVendored(name, vendored)) return;
    const cure = 'run "helm dependency build" and commit the charts folder';
    fail(['dependencies', index], `${name} is not in ${folder === '.' ? '' : `${folder}/`}charts; ${cure}`);
  });
  const name = at(value, 'name');
  return { name: typeof name === 'string' ? name : '', errors };
}

/** A folder with a Chart.yaml, whatever its name, or an archive that begins with the name of the chart. */
function isVendored(name: string, paths: readonly string[]): boolean {
  return paths.some((path) => {
    const below = path.slice(path.lastIndexOf('charts/') + 'charts/'.length);
    return below === `${name}/Chart.yaml` || (below.startsWith(`${name}-`) && below.endsWith('.tgz'));
  });
}
