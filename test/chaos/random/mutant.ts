import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repositoryRoot = join(import.meta.dirname, '..', '..', '..');

/** What a worker runs from. */
const parts = ['domain', 'activities', 'workflows', 'worker', 'client', 'package.json', 'package-lock.json'];

/** A copy of the product's sources with one fault in it. */
export interface Mutant {
  /** Where its worker/main.ts is. */
  root: string;
  remove(): void;
}

/** The product with a budget that is one too large. Throws when the function that works it out is not where it was. */
export function budgetPlusOne(): Mutant {
  const root = mkdtempSync(join(tmpdir(), 'nodewave-mutant-'));
  for (const part of parts) cpSync(join(repositoryRoot, part), join(root, part), { recursive: true });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  const file = join(root, 'domain', 'rollout', 'budget.ts');
  const text = readFileSync(file, 'utf8');
  const right = 'export function budgetOf(';
  if (!text.includes(right)) throw new Error(`${file} has no function budgetOf any more: make this mutant anew`);
  const wrong = `
export function budgetOf(...args: Parameters<typeof rightBudgetOf>): number {
  return rightBudgetOf(...args) + 1;
}
`;
  writeFileSync(file, text.replace(right, 'function rightBudgetOf(') + wrong);
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
