import { isPlainObject } from '../plain.ts';

/** Shorter ones would blot out half of what is shown, and give nothing away. */
const leastLength = 4;
const mostValues = 1_000;

/**
 * What the Secrets among the objects hold, as it stands there and decoded, the longest first: copies of it in annotations, in kubectl's
 * copy of the object or in other objects are masked as well.
 */
export function secretValues(objects: readonly (Record<string, unknown> | null)[]): string[] {
  const found = new Set<string>();
  for (const object of objects) {
    if (object?.kind !== 'Secret' || object.apiVersion !== 'v1') continue;
    for (const field of ['data', 'stringData'] as const) {
      const data = object[field];
      if (!isPlainObject(data)) continue;
      for (const value of Object.values(data)) {
        if (typeof value !== 'string') continue;
        const plain = field === 'data' ? decoded(value) : value;
        for (const text of [value, value.trim(), plain, plain.trim(), encoded(plain)]) {
          if (text.length >= leastLength) found.add(text);
          // As it stands in a text of JSON.
          const quoted = JSON.stringify(text).slice(1, -1);
          if (quoted !== text && text.length >= leastLength) found.add(quoted);
        }
      }
    }
  }
  return [...found].sort((a, b) => b.length - a.length).slice(0, mostValues);
}

function decoded(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text.replace(/\s+/g, '')), (char) => char.charCodeAt(0)));
  } catch {
    return text;
  }
}

function encoded(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text).slice(0, 10_000)));
}
