import { expect, test } from 'vitest';
import { readSchema } from '../../../domain/application/parse-mapping.ts';
import { builtInGates, withBuiltIn } from '../../../domain/gates/built-in.ts';
import { gateDocument } from '../../../domain/gates/parse.ts';
import { needsRest } from '../../../domain/gates/registry.ts';
import { policyFields } from '../../../domain/policy/schema.ts';
import { gate } from './build.ts';

test('a policy without gates has the built-in ones; a gate of the same kind takes the place of one', () => {
  expect(withBuiltIn().map(({ name, kind }) => [name, kind])).toEqual([['node-health', 'nodes']]);
  expect(withBuiltIn([gate({ name: 'smoke' })]).map(({ name }) => name)).toEqual(['node-health', 'smoke']);
  expect(withBuiltIn([gate({ name: 'own', kind: 'nodes' })]).map(({ name }) => name)).toEqual(['own']);
});

test('built-in gates are what a user could write, are for every batch, and never roll back on their own ignorance', () => {
  const read = readSchema(policyFields, { gates: builtInGates.map(gateDocument) });
  expect('value' in read ? read.value.gates : read.problems).toEqual(builtInGates);
  for (const one of builtInGates) {
    expect([one.batches, one.onInconclusive, needsRest(one)]).toEqual([undefined, 'pause', false]);
  }
});
