import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLError,
} from 'yaml';
import { type DocumentError, type FieldPath, fieldName } from './document-error.ts';
import { asKubectl } from './yaml-scalars.ts';

/** One document of a YAML or JSON text, as plain JSON, that still knows its lines. */
export interface YamlDocument {
  value: unknown;
  file: string;
  /** Line of the document's first node. */
  line: number;
  /** Line of the field; of its nearest parent that exists when the field itself does not. */
  lineOf(path: FieldPath): number;
}

/**
 * Reads every document of a YAML or JSON text; empty documents are skipped. A document with an error (syntax, a key
 * that is there twice or is no text, an unknown tag, a number that JSON cannot hold) is left out of `documents` and named in `errors`.
 *
 * Scalars mean what they mean to kubectl, which reads YAML 1.1: `0644` is octal and `yes` is true. Its times and
 * numbers with colons (`12:30`) stay text there, so they do here.
 */
export function readDocuments(text: string, file: string): { documents: YamlDocument[]; errors: DocumentError[] } {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    version: '1.1',
    customTags: asKubectl,
  });
  const documents: YamlDocument[] = [];
  const errors: DocumentError[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const contents = document.contents;
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) {
      errors.push({ file, line: lines.linePos(problem.pos[0]).line, message: sentence(problem) });
      continue;
    }
    if (!isNode(contents) || (isScalar(contents) && contents.value === null)) continue;
    const at = new Positions(document, lines);
    const wrong = at.contentErrors(contents, []);
    errors.push(...wrong.map((found) => ({ file, ...found })));
    if (wrong.length > 0) continue;
    try {
      documents.push({
        value: document.toJS(),
        file,
        line: at.line(contents, 1),
        lineOf: (path) => at.lineOf(contents, path),
      });
    } catch (error) {
      // toJS refuses aliases that multiply without bounds.
      const message = error instanceof Error ? error.message : String(error);
      errors.push({ file, line: at.line(contents, 1), message: `cannot be read: ${message}` });
    }
  }
  return { documents, errors };
}

function sentence(problem: YAMLError): string {
  if (problem.code === 'TAG_RESOLVE_FAILED') return `${lowerFirst(problem.message)}; write the value without a tag`;
  return `not valid YAML: ${lowerFirst(problem.message)}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Finds lines in one parsed document. */
class Positions {
  readonly #document: Document;
  readonly #lines: LineCounter;
  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  line(node: unknown, otherwise: number): number {
    const range = isNode(node) ? node.range : undefined;
    return range ? this.#lines.linePos(range[0]).line : otherwise;
  }

  lineOf(root: Node, path: FieldPath): number {
    let node: unknown = root;
    let line = this.line(root, 1);
    for (const step of path) {
      const whole: unknown = isAlias(node) ? node.resolve(this.#document) : node;
      if (isMap(whole)) {
        const pair: Pair | undefined = whole.items.find((item) => keyOf(item) === String(step));
        if (pair === undefined) return line;
        line = this.line(pair.key, line);
        node = pair.value;
      } else if (isSeq(whole) && typeof step === 'number' && step < whole.items.length) {
        node = whole.items[step];
        line = this.line(node, line);
      } else return line;
    }
    return line;
  }

  contentErrors(node: unknown, path: FieldPath): { line: number; field: string; message: string }[] {
    if (isSeq(node)) return node.items.flatMap((item, index) => this.contentErrors(item, [...path, index]));
    if (isScalar(node) && isInexact(node.value)) {
      const message = `the number ${node.source ?? ''} cannot be kept exactly; write it in quotes if it is a text`;
      return [{ line: this.line(node, 1), field: fieldName(path), message }];
    }
    if (!isMap(node)) return [];
    const found = [];
    const first = new Map<string, number>();
    for (const pair of node.items) {
      const key = keyOf(pair);
      const line = this.line(pair.key, 1);
      const before = first.get(key);
      const wrong = keyProblem(pair, before);
      if (wrong !== undefined) found.push({ line, field: fieldName([...path, key]), message: wrong });
      if (before === undefined) first.set(key, line);
      found.push(...this.contentErrors(pair.value, [...path, key]));
    }
    return found;
  }
}

/** Whole numbers from 2^53 on, and what JSON has no number for. */
function isInexact(value: unknown): boolean {
  if (typeof value !== 'number') return false;
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
}

/** `before` is the line on which the same key was there already. */
function keyProblem({ key }: Pair, before: number | undefined): string | undefined {
  if (!isScalar(key)) return 'a key must be a text; a template with {{ }} has to be rendered first';
  if (typeof key.value === 'boolean') return `the key is read as ${key.value} in YAML 1.1; write it in quotes`;
  if (before === undefined || key.value === '<<') return undefined;
  return `the key is there twice, first on line ${before}; remove one of them`;
}

function keyOf({ key }: Pair): string {
  if (!isScalar(key)) return String(key);
  return typeof key.value === 'boolean' ? (key.source ?? String(key.value)) : String(key.value);
}
