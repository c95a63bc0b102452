import type { DocumentError, FieldPath } from '../../domain/document-error.ts';
import { fieldName } from '../../domain/document-error.ts';
import { describeValue, isPlainObject } from '../../domain/plain.ts';
import { readDocuments, type YamlDocument } from '../../domain/yaml-documents.ts';
import type { CommitFiles } from './commit-files.ts';
import { type Found, kustomizationNames, type Reference, readKustomization, readPlugin } from './kustomization.ts';

/** Where something is named. */
interface Place {
  document: YamlDocument;
  path: FieldPath;
}

/** Folders of one overlay are few; a generated chain of them must not keep a worker busy. */
const mostFolders = 200;

/** The files that kustomize needs to build a folder, and what keeps it from being run. */
export interface Walked {
  paths: string[];
  errors: DocumentError[];
}

/**
 * Follows a kustomization through the commit: everything that it and its bases name and that the commit has. What is
 * remote, leads out of the repository, is a link, is not there or would run a program is an error with file, line and field.
 */
export async function walkKustomization(files: CommitFiles, root: string): Promise<Walked> {
  return await new Walk(files).run(root);
}

class Walk {
  readonly #files: CommitFiles;
  readonly #paths = new Set<string>();
  readonly #errors: DocumentError[] = [];
  readonly #seen = new Set<string>();
  readonly #queue: { folder: string; plugin: boolean; from?: Place }[] = [];

  constructor(files: CommitFiles) {
    this.#files = files;
  }

  async run(root: string): Promise<Walked> {
    this.#queue.push({ folder: root, plugin: false });
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const key = `${next.folder} ${next.plugin}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      await this.#folder(next.folder, next.plugin, next.from);
      if (this.#seen.size <= mostFolders) continue;
      this.#fail(
        next.from,
        `is the ${mostFolders + 1}th folder that this overlay is made of; the most is ${mostFolders}`,
      );
      break;
    }
    return { paths: [...this.#paths], errors: this.#errors };
  }

  #fail(place: Place | undefined, message: string, file = '.'): void {
    const field = place === undefined || place.path.length === 0 ? undefined : fieldName(place.path);
    const where =
      place === undefined ? { file, line: 1 } : { file: place.document.file, line: place.document.lineOf(place.path) };
    this.#errors.push({ ...where, field, message });
  }

  async #folder(folder: string, plugin: boolean, from: Place | undefined): Promise<void> {
    const found = kustomizationNames
      .map((name) => join(folder, name))
      .filter((path) => this.#files.at(path) !== 'nothing');
    const [file] = found;
    if (file === undefined) {
      this.#fail(from, `${folder} has no kustomization.yaml; add one, or name the files themselves`, folder);
      return;
    }
    if (found.length > 1) this.#fail(from, `${folder} has ${found.join(' and ')}; remove one of them`, file);
    if (this.#files.at(file) === 'symlink') this.#fail(from, `${file} is a symbolic link, which is not followed`, file);
    if (found.length > 1 || this.#files.at(file) !== 'file') return;
    this.#paths.add(file);
    for (const document of await this.#documents(file)) {
      const { references, problems, inlinePlugins } = readKustomization(document.value);
      for (const { path, message } of problems) this.#fail({ document, path }, message);
      for (const reference of references) await this.#reference(folder, document, reference, plugin);
      for (const { path, text } of inlinePlugins) {
        const read = readDocuments(text, file);
        if (read.errors.length > 0) this.#fail({ document, path }, read.errors[0]?.message ?? 'cannot be read');
        for (const { value } of read.documents) {
          if (isPlainObject(value)) await this.#plugin(folder, document, readPlugin(value), path);
        }
      }
    }
  }

  async #documents(file: string): Promise<(YamlDocument & { value: Record<string, unknown> })[]> {
    const { documents, errors } = readDocuments(await this.#files.text(file), file);
    this.#errors.push(...errors);
    return documents.flatMap((document) => {
      const { value } = document;
      if (isPlainObject(value)) return [{ ...document, value }];
      this.#fail({ document, path: [] }, `expected a mapping, got ${describeValue(value)}`);
      return [];
    });
  }

  /** `at` is where a plugin stands that is written inside a kustomization. */
  async #plugin(folder: string, document: YamlDocument, found: Found, at?: FieldPath): Promise<void> {
    for (const { path, message } of found.problems) this.#fail({ document, path: at ?? path }, message);
    for (const reference of found.references) {
      await this.#reference(folder, document, at === undefined ? reference : { ...reference, path: at }, false);
    }
  }

  async #reference(folder: string, document: YamlDocument, reference: Reference, plugins: boolean): Promise<void> {
    const place = { document, path: reference.path };
    const fail = (message: string): void => this.#fail(place, message);
    const { text } = reference;
    if (isRemote(text)) {
      return fail(`${text} is outside of this repository, and nothing is loaded from elsewhere; ${vendor}`);
    }
    if (text.startsWith('/')) return fail(`${text} is an absolute path; write it relative to ${folder}`);
    const target = resolve(folder, text);
    if (target === undefined) return fail(`${text} leads out of the repository; ${vendor}`);
    const what = this.#files.at(target);
    if (what === 'symlink') return fail(`${target} is, or is in, a symbolic link, which is not followed; ${replace}`);
    if (what === 'submodule') return fail(`${target} is in a submodule, which is not fetched; ${vendor}`);
    if (what === 'nothing') return fail(`${target} does not exist at this commit; add it, or correct the path`);
    if ((what === 'file' || reference.kind === 'file') && !isBelow(target, folder)) {
      return fail(`${target} is not below ${folder}: kustomize reads single files only there; make its folder a base`);
    }
    const isPlugin = plugins || reference.plugin === true;
    if (what === 'file') {
      this.#paths.add(target);
      if (!isPlugin) return;
      for (const plugin of await this.#documents(target)) await this.#plugin(folder, plugin, readPlugin(plugin.value));
    } else if (reference.kind === 'base') {
      this.#queue.push({ folder: target, plugin: isPlugin, from: place });
    } else this.#children(target, place);
  }

  /** A folder of a generator: the files in it, none of those further below. */
  #children(folder: string, place: Place): void {
    for (const { path, symlink } of this.#files.under(folder)) {
      if (path.slice(folder.length + 1).includes('/')) continue;
      if (symlink) this.#fail(place, `${path} is a symbolic link, which is not followed; ${replace}`);
      else this.#paths.add(path);
    }
  }
}

const vendor = 'commit a copy and name that';
const replace = 'replace it by what it points to';

/** What kustomize would fetch with git or over https: it takes `HOST/ORG/REPO`, `git@HOST:…`, `gh:…` and `…?ref=…` as well. */
function isRemote(text: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:/i.test(text) ||
    /^[^/]*@[^/]*[:/]/.test(text) ||
    /^(www\.)?(github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com)[/:]/i.test(text) ||
    /\?(.*&)?(ref|version|submodules|timeout)=/.test(text) ||
    /\.git(\/|$)/.test(text) ||
    text.includes('_git/')
  );
}

/** The path from the repository's root; undefined when it leads out of the repository. */
function resolve(folder: string, text: string): string | undefined {
  const steps = folder === '.' ? [] : folder.split('/');
  for (const step of text.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) return undefined;
  }
  return steps.length === 0 ? '.' : steps.join('/');
}

function isBelow(path: string, folder: string): boolean {
  return folder === '.' || path.startsWith(`${folder}/`);
}

function join(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}
