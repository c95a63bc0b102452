import type { FieldPath, FieldProblem } from '../../domain/document-error.ts';
import { at, isPlainObject, listAt, type PlainObject } from '../../domain/plain.ts';

/** A file or folder that a kustomization, or a file of a plugin, names. */
export interface Reference {
  path: FieldPath;
  /** As it is written, without the `key=` of a generator. */
  text: string;
  /** `base`: a file or a folder anywhere in the repository. `file`: in or below the folder of the kustomization. */
  kind: 'base' | 'file';
  /** The file, or the files of the folder, configure a generator, transformer or validator. */
  plugin?: true;
}

/** What a document refers to, and what it asks for that is never run. */
export interface Found {
  references: Reference[];
  problems: FieldProblem[];
}

/** A plugin that is written where its file could be named. */
export interface InlinePlugin {
  path: FieldPath;
  text: string;
}

/** Names that kustomize looks for in a folder. */
export const kustomizationNames: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

const helmFields = ['helmCharts', 'helmGlobals', 'helmChartInflationGenerator'];

const functionAnnotations = ['config.kubernetes.io/function', 'config.k8s.io/function'];

/**
 * What one document of a kustomization refers to. Every field of kustomize 5 that can name a file is here: what is not found
 * here is not copied, and so is not there for kustomize to read. `problems` is what is never run.
 */
export function readKustomization(document: PlainObject): Found & { inlinePlugins: InlinePlugin[] } {
  const references: Reference[] = [];
  const problems: FieldProblem[] = [];
  const inlinePlugins: InlinePlugin[] = [];
  const add = (kind: Reference['kind'], path: FieldPath, value: unknown, plugin?: true): void => {
    if (typeof value === 'string' && value !== '')
      references.push({ kind, path, text: value, ...(plugin && { plugin }) });
  };
  const each = (field: string, use: (value: unknown, path: FieldPath) => void): void => {
    listAt(document, field).forEach((value, index) => {
      use(value, [field, index]);
    });
  };
  for (const field of ['resources', 'bases', 'components']) each(field, (value, path) => add('base', path, value));
  for (const field of ['crds', 'configurations']) each(field, (value, path) => add('file', path, value));
  for (const field of ['generators', 'transformers', 'validators']) {
    each(field, (value, path) => {
      if (isInline(value)) inlinePlugins.push({ path, text: value });
      else add('base', path, value, true);
    });
  }
  each('patchesStrategicMerge', (value, path) => {
    if (!isInline(value)) add('file', path, value);
  });
  for (const field of ['patches', 'patchesJson6902', 'replacements']) {
    each(field, (value, path) => add('file', [...path, 'path'], at(value, 'path')));
  }
  add('file', ['openapi', 'path'], at(document, 'openapi', 'path'));
  for (const field of ['configMapGenerator', 'secretGenerator']) {
    each(field, (value, path) => references.push(...generatorReferences(value, path)));
  }
  for (const field of helmFields) {
    if (document[field] === undefined) continue;
    const cure =
      'commit the output of "helm template" as a resource, or give the chart an application with render: helm';
    problems.push({ path: [field], message: `charts are not inflated by kustomize, which would load them; ${cure}` });
  }
  return { references, problems, inlinePlugins };
}

/** What a document that configures a generator, transformer or validator refers to, and what is never run. */
export function readPlugin(document: PlainObject): Found {
  const references: Reference[] = generatorReferences(document, []);
  for (const path of [['path'], ...listAt(document, 'paths').map((_, index) => ['paths', index])]) {
    const text = at(document, ...path);
    if (typeof text === 'string' && text !== '') references.push({ kind: 'file', path, text });
  }
  listAt(document, 'replacements').forEach((value, index) => {
    const text = at(value, 'path');
    if (typeof text === 'string') references.push({ kind: 'file', path: ['replacements', index, 'path'], text });
  });
  return { references, problems: pluginProblems(document) };
}

/** Files of a ConfigMap or Secret: `files` are `[KEY=]PATH`, `envs` and `env` are paths. */
function generatorReferences(value: unknown, path: FieldPath): Reference[] {
  const found: Reference[] = [];
  const add = (text: unknown, ...steps: FieldPath): void => {
    if (typeof text === 'string' && text !== '') found.push({ kind: 'file', path: [...path, ...steps], text });
  };
  listAt(value, 'files').forEach((entry, index) => {
    add(typeof entry === 'string' ? entry.slice(entry.indexOf('=') + 1) : entry, 'files', index);
  });
  listAt(value, 'envs').forEach((entry, index) => {
    add(entry, 'envs', index);
  });
  add(at(value, 'env'), 'env');
  return found;
}

function pluginProblems(document: PlainObject): FieldProblem[] {
  const annotations = at(document, 'metadata', 'annotations');
  const run = isPlainObject(annotations)
    ? functionAnnotations.find((key) => annotations[key] !== undefined)
    : undefined;
  const cure = 'commit what it makes, or use a built-in one';
  if (run !== undefined) {
    return [
      { path: ['metadata', 'annotations', run], message: `functions in containers or programs are not run; ${cure}` },
    ];
  }
  if (document.kind === 'HelmChartInflationGenerator') {
    return [{ path: ['kind'], message: `charts are not inflated by kustomize, which would load them; ${cure}` }];
  }
  const isBuiltin = document.apiVersion === undefined || document.apiVersion === 'builtin';
  if (isBuiltin) return [];
  const message = `${String(document.apiVersion)} ${String(document.kind)} is a plugin outside of kustomize, which is not run; ${cure}`;
  return [{ path: ['apiVersion'], message }];
}

/** A list of plugins, or of patches, may hold the text of one instead of a path. */
function isInline(value: unknown): value is string {
  return typeof value === 'string' && value.includes('\n');
}
