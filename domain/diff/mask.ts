import { type Path, startsWith } from './path.ts';

/** Names whose values are secret more often than not. */
const suspicious = /passw|token|secret|credential|private|api[-_.]?key|access[-_.]?key|(^|[-_.])key$|auth/i;
/** `--token=abc`, `password: abc` and passwords in URLs inside a longer text. */
const inlineSecret = /((?:passw(?:or)?d|token|secret|api[-_]?key|access[-_]?key)["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;
const urlPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi;

const masked = '(masked)';

/**
 * What may be shown of a value: data of Secrets never; values of environment variables, of annotations and of ConfigMap
 * entries whose names are suspicious neither; secrets inside longer texts are blotted out.
 */
export function mask(kind: string, path: Path, value: unknown): unknown {
  if (kind === 'Secret' && (startsWith(path, 'data') || startsWith(path, 'stringData'))) return '(secret)';
  const name = nameOfValue(path);
  if (name !== null && suspicious.test(name)) return masked;
  return maskText(value);
}

/** Before and after, masked; when masking hides the difference, the second one says that there is one. */
export function maskPair(
  kind: string,
  path: Path,
  before: unknown,
  after: unknown,
): { before: unknown; after: unknown } {
  const shown = {
    before: before === undefined ? undefined : mask(kind, path, before),
    after: after === undefined ? undefined : mask(kind, path, after),
  };
  if (before === undefined || after === undefined) return shown;
  if (JSON.stringify(shown.before) !== JSON.stringify(shown.after)) return shown;
  return { ...shown, after: shown.after === '(secret)' ? '(secret, changed)' : '(masked, changed)' };
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

function maskText(value: unknown): unknown {
  if (Array.isArray(value)) return maskList(value);
  if (typeof value !== 'string') return value;
  return value
    .replace(bearer, `$1 ${masked}`)
    .replace(inlineSecret, `$1${masked}`)
    .replace(urlPassword, `$1${masked}@`);
}

/** In a command line the value of `--token` may be the next argument. */
function maskList(list: readonly unknown[]): unknown[] {
  return list.map((item, index) => {
    const previous = list[index - 1];
    const flagged = typeof previous === 'string' && /^--?[\w-]+$/.test(previous) && suspicious.test(previous);
    return flagged && typeof item === 'string' && !item.startsWith('-') ? masked : maskText(item);
  });
}
