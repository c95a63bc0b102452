import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { type DocumentError, describeErrors, type FieldPath, fieldName } from '../domain/document-error.ts';
import { didYouMean } from '../domain/suggest.ts';
import { readDocuments, type YamlDocument } from '../domain/yaml-documents.ts';
import { ConfigError } from './config-error.ts';

/** A validated YAML file. */
export interface ConfigFile<T> {
  value: T;
  /** `FILE:LINE` of a field, for errors found later. */
  place(path: FieldPath): string;
}

const errorsShown = 10;

/**
 * Reads one YAML document and checks it against a schema. `keys` are the words that a misspelt key is compared with.
 * Throws ConfigError with file, line and field of everything that is wrong.
 */
export function readConfigFile<T>(
  variable: string,
  file: string,
  schema: z.ZodType<T>,
  keys: readonly string[],
): ConfigFile<T> {
  const { documents, errors } = readDocuments(readText(variable, file), file);
  if (errors.length > 0) throw new ConfigError(`${variable}: ${describeErrors(errors, errorsShown)}`);
  const document = documents[0];
  if (document === undefined || documents.length > 1) {
    throw new ConfigError(`${variable}: ${file} must hold exactly one YAML document and holds ${documents.length}`);
  }
  const result = schema.safeParse(document.value);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => describeIssue(issue, document, keys));
    throw new ConfigError(`${variable}: ${describeErrors(problems, errorsShown)}`);
  }
  return { value: result.data, place: (path) => `${file}:${document.lineOf(path)}` };
}

function readText(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'does not exist' : String(error);
    throw new ConfigError(`${variable} names ${file}, which ${why}; correct the path`, { cause: error });
  }
}

function describeIssue(issue: z.core.$ZodIssue, document: YamlDocument, keys: readonly string[]): DocumentError[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  const at = (steps: FieldPath, message: string): DocumentError => ({
    file: document.file,
    line: document.lineOf(steps),
    ...(steps.length === 0 ? {} : { field: fieldName(steps) }),
    message,
  });
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      at([...path, key], `there is no such key${didYouMean(key, keys)}; expected ${keys.join(', ')}`),
    );
  }
  return [at(path, issue.message)];
}
