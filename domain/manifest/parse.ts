import type { DocumentError, FieldPath, SourcePlace } from '../document-error.ts';
import { describeValue, isPlainObject, type PlainObject } from '../plain.ts';
import { readDocuments } from '../yaml-documents.ts';

/** A text file of the repository. */
export interface ManifestFile {
  /** Relative to the repository's root. */
  path: string;
  text: string;
}

/** One object as it was written, not looked at yet. */
export interface ParsedManifest {
  body: PlainObject;
  source: SourcePlace;
  /** Line of a field of `body`. */
  lineOf(path: FieldPath): number;
}

/**
 * Reads YAML and JSON files of any number of documents into objects: empty documents are skipped, a `List` becomes its
 * items. A document with an error is left out and named in `errors`.
 */
export function parseManifests(files: readonly ManifestFile[]): { objects: ParsedManifest[]; errors: DocumentError[] } {
  const objects: ParsedManifest[] = [];
  const errors: DocumentError[] = [];
  const add = (value: unknown, file: string, path: FieldPath, lineOf: (path: FieldPath) => number): void => {
    const line = lineOf(path);
    if (!isPlainObject(value)) {
      const message = `expected a Kubernetes object with apiVersion, kind and metadata, got ${describeValue(value)}`;
      errors.push({ file, line, message });
    } else if (isList(value)) {
      value.items.forEach((item, index) => {
        add(item, file, [...path, 'items', index], lineOf);
      });
    } else objects.push({ body: value, source: { file, line }, lineOf: (field) => lineOf([...path, ...field]) });
  };
  for (const file of files) {
    const read = readDocuments(file.text, file.path);
    errors.push(...read.errors);
    for (const document of read.documents) add(document.value, file.path, [], document.lineOf);
  }
  return { objects, errors };
}

/** `v1` `List`, and lists of one kind such as `ConfigMapList`, as `kubectl get -o yaml` prints them. */
function isList(value: PlainObject): value is PlainObject & { items: unknown[] } {
  return typeof value.kind === 'string' && value.kind.endsWith('List') && Array.isArray(value.items);
}
