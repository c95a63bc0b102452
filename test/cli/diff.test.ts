import { expect, test } from 'vitest';
import type { PreviewRequest } from '../../client/index.ts';
import { preview } from './fixtures.ts';
import { invoke } from './harness.ts';

/** Runs `nodewave diff a` with more words, and tells what was asked of the application. */
async function diff(...more: string[]) {
  const asked: PreviewRequest[] = [];
  const answer = async (_app: string, request: PreviewRequest) => {
    asked.push(request);
    return preview({ patches: [{ kind: 'ConfigMap', apiVersion: 'v1', name: 'x', patch: '@@ a\n+b\n' }] });
  };
  const { code, out } = await invoke(['diff', 'a', ...more], { preview: answer });
  return { code, out, asked };
}

test('-o diff asks for unified diffs, and prints nothing else, so that other tools can read it', async () => {
  const { code, out, asked } = await diff('-o', 'diff');
  expect(asked).toMatchObject([{ patches: true }]);
  expect(out).toBe('--- cluster/ConfigMap/x\n+++ ab12cd3/ConfigMap/x\n@@ a\n+b\n');
  expect(code).toBe(1);
});

test('other formats ask for fields', async () => {
  for (const format of ['text', 'markdown', 'json']) {
    expect((await diff('-o', format)).asked).toEqual([{ by: 'nodewave diff' }]);
  }
  expect((await diff('-o', 'markdown')).out).toMatch(/^### Changes of commit `ab12cd3`/);
});
