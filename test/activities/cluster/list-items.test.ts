import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readItems } from '../../../activities/cluster/list-items.ts';

/** The text as it may come over a connection: cut anywhere, in the middle of a character too. */
async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function read(list: unknown, size: number, indent?: number) {
  const items: unknown[] = [];
  const head = await readItems(chunks(JSON.stringify(list, null, indent), size), (item) => items.push(item));
  return { items, metadata: head.metadata };
}

test('items and the rest of a page, whatever is in them and however it is cut', async () => {
  const metadata = { resourceVersion: '7', continue: 'items":[{' };
  const items = [
    { a: '}]{["\\', b: [{ items: [{}, []] }], c: 'ä€🙂' },
    {},
    { 'quo"te': '\\"', nested: { items: ['x'] } },
  ];
  for (const size of [1, 2, 3, 7, 64, 10_000]) {
    expect(await read({ kind: 'NodeList', metadata, items, after: [1] }, size)).toEqual({ items, metadata });
    expect(await read({ items, metadata }, size, 2)).toEqual({ items, metadata });
  }
});

test('a page without items', async () => {
  expect(await read({ metadata: { resourceVersion: '1' }, items: [] }, 5)).toMatchObject({ items: [] });
  expect(await read({ metadata: { resourceVersion: '1' }, items: null }, 5)).toMatchObject({ items: [] });
});

test('a page that ends in the middle is an error, not a shorter list', async () => {
  const text = JSON.stringify({ metadata: { resourceVersion: '1' }, items: [{ a: 1 }, { b: 2 }] });
  for (const end of [text.length - 1, text.length - 4, text.length - 9]) {
    await expect(readItems(chunks(text.slice(0, end), 10), () => undefined)).rejects.toThrow();
  }
});

test('any objects', async () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(fc.array(object), fc.integer({ min: 1, max: 40 }), async (given, size) => {
      const items = JSON.parse(JSON.stringify(given)) as unknown[];
      expect((await read({ metadata: { resourceVersion: '1' }, items }, size)).items).toEqual(items);
    }),
    { numRuns: 200 },
  );
});
