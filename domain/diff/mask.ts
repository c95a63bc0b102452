import { isPlainObject } from '../plain.ts';
import { type Path, startsWith } from './path.ts';

/** Names whose values are secret more often than not. */
const suspicious = /passw|token|secret|credential|private|api[-_.]?key|access[-_.]?key|(^|[-_.])key$|auth/i;
/** `--token=abc`, `password: abc` and passwords in URLs inside a longer text. */
const inlineSecret =
  /((?:passw(?:or)?d|token|secret|api[-_]?key|access[-_]?key)\\?["']?\s{0,20}[=:]\s{0,20}\\?["']?)[^\s"'\\,;&]+/gi;
const bearer = /\b(bearer|basic)\s{1,20}[\w.~+/=-]{8,}/gi;
// Bounded, because annotations may have 256 KB: a scheme has a few letters.
const urlPassword = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,200}:)[^\s/@]+@/gi;
const privateKey = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g;

const masked = '(masked)';
const secret = '(secret)';

/** What is known of the object while its values are shown. */
export interface Masking {
  kind: string;
  /** What the Secrets of the change set hold, see `secretValues`: masked wherever it stands. */
  secrets?: readonly string[];
}

/**
 * What may be shown of a value: data of Secrets never, nor copies of it anywhere; values of environment variables, of annotations and
 * of ConfigMap entries whose names are suspicious neither; secrets inside longer texts are blotted out.
 */
export function mask(masking: Masking, path: Path, value: unknown): unknown {
  if (masking.kind === 'Secret' && (startsWith(path, 'data') || startsWith(path, 'stringData'))) return secret;
  const name = nameOfValue(path);
  if (name !== null && suspicious.test(name)) return masked;
  return maskText(value, masking.secrets ?? []);
}

/** Before and after, masked; when masking hides the difference, the second one says that there is one. */
export function maskPair(
  masking: Masking,
  path: Path,
  before: unknown,
  after: unknown,
): { before: unknown; after: unknown } {
  const shown = {
    before: before === undefined ? undefined : mask(masking, path, before),
    after: after === undefined ? undefined : mask(masking, path, after),
  };
  if (before === undefined || after === undefined) return shown;
  if (JSON.stringify(before) === JSON.stringify(after)) return shown;
  if (JSON.stringify(shown.before) !== JSON.stringify(shown.after)) return shown;
  return { ...shown, after: shown.after === secret ? '(secret, changed)' : '(masked, changed)' };
}

/** The name a person gave the value, where values have such names. */
function nameOfValue(path: Path): string | null {
  const field = path.at(-1);
  const parent = path.at(-2);
  if (typeof field !== 'string') return null;
  if (field === 'value' && typeof parent === 'object' && path.at(-3) === 'env') return String(parent.name);
  if (parent === 'data' || parent === 'stringData' || parent === 'binaryData' || parent === 'annotations') return field;
  return null;
}

function maskText(value: unknown, secrets: readonly string[]): unknown {
  if (Array.isArray(value)) return maskList(value, secrets);
  if (typeof value !== 'string') return value;
  const text = secrets
    .reduce((rest, one) => rest.replaceAll(one, secret), value)
    .replace(privateKey, masked)
    .replace(bearer, `$1 ${masked}`)
    .replace(inlineSecret, `$1${masked}`)
    .replace(urlPassword, `$1${masked}@`);
  if (isEndless(text)) return masked;
  const copy = copyOfObject(text);
  const shown = copy === null ? text : JSON.stringify(maskTree(copy));
  return copy === null || shown === JSON.stringify(copy) ? text : shown;
}

/** In a command line the value of `--token` may be the next argument. */
function maskList(list: readonly unknown[], secrets: readonly string[]): unknown[] {
  return list.map((item, index) => {
    const previous = list[index - 1];
    const flagged = typeof previous === 'string' && /^--?[\w-]+$/.test(previous) && suspicious.test(previous);
    return flagged && typeof item === 'string' && !item.startsWith('-') ? masked : maskText(item, secrets);
  });
}

/** kubectl, kapp and others keep a copy of the whole object in an annotation, that of a Secret with its data. */
function copyOfObject(text: string): Record<string, unknown> | null {
  if (!/^\s*\{/.test(text)) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    return isPlainObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

const deepest = 200;

/** Nested as no object is: recursion would end in a crash. */
function isEndless(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  let depth = 0;
  for (const char of text) {
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (depth > deepest) return true;
  }
  return false;
}

/** A copy of an object inside of a text: the same rules, by the names in it. */
function maskTree(value: unknown, path: Path = [], kind = ''): unknown {
  if (Array.isArray(value)) {
    const plain = value.every((item) => typeof item !== 'object' || item === null);
    return plain
      ? maskList(value, [])
      : value.map((item) => maskTree(item, [...path, isPlainObject(item) ? item : 0], kind));
  }
  if (!isPlainObject(value)) {
    const name = nameOfValue(path) ?? path.at(-1);
    const isNamed = typeof name === 'string' && suspicious.test(name);
    return isNamed && (typeof value === 'string' || typeof value === 'number') ? masked : maskText(value, []);
  }
  const own = typeof value.kind === 'string' ? value.kind : kind;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const hidden = own === 'Secret' && (key === 'data' || key === 'stringData') && isPlainObject(inner);
      const shown = hidden
        ? Object.fromEntries(Object.keys(inner).map((name) => [name, secret]))
        : maskTree(inner, [...path, key], own);
      return [key, shown];
    }),
  );
}
