import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { defaultPolicy } from '../../domain/application/defaults.ts';
import { readSchema } from '../../domain/application/parse-mapping.ts';
import { describeErrors } from '../../domain/document-error.ts';
import { parseManifests } from '../../domain/manifest/parse.ts';
import { validateObjects } from '../../domain/manifest/validate.ts';
import { readPolicyAnnotations } from '../../domain/policy/annotations.ts';
import { policyDocument } from '../../domain/policy/document.ts';
import { effectivePolicy } from '../../domain/policy/resolve.ts';
import { policyFieldNames, policyFields, policyForms } from '../../domain/policy/schema.ts';
import { codeBlocks, markdownFile, section, tableRows } from './markdown.ts';

const page = markdownFile('docs/policy.md');
const bare = (cell = ''): string => cell.replaceAll('`', '');
const [annotated = '', policy = '', each = ''] = codeBlocks(page).map(({ text }) => text);

test('every field of a policy has a row with its default, and no row is of another one', () => {
  const rows = tableRows(section(page, 'Fields')).map(([field, , standard]) => [bare(field), bare(standard)] as const);
  const fields = rows.filter(([field]) => field !== 'field').slice(0, policyFieldNames.length);
  expect(fields.map(([field]) => field)).toEqual(policyFieldNames.map((name) => policyForms[name].key));
  const { batches: _batches, ...defaults } = policyDocument(effectivePolicy(defaultPolicy(), null));
  const told = Object.fromEntries(fields.filter(([field, value]) => field !== 'batches' && value !== 'none'));
  expect(told).toEqual(Object.fromEntries(Object.entries(defaults).map(([key, value]) => [key, String(value)])));
});

test('the example of each field is one of each, and is read', () => {
  const given: unknown = parse(each, { version: '1.1' });
  const read = readSchema(policyFields, given);
  expect('problems' in read ? read.problems : []).toEqual([]);
  expect(Object.keys(given as object).sort()).toEqual(policyFieldNames.map((name) => policyForms[name].key).sort());
});

test('the annotations and the RolloutPolicy are read', () => {
  const { fields, problems } = readPolicyAnnotations(parse(annotated) as Record<string, unknown>);
  expect(problems).toEqual([]);
  expect(Object.keys(fields).sort()).toEqual(['batches', 'exclude', 'maxUnavailable']);
  const { objects } = parseManifests([{ path: 'policy.yaml', text: policy }]);
  const { policies, errors } = validateObjects(objects, { namespace: 'default' });
  expect(describeErrors(errors, 9)).toBe('');
  expect(policies.map(({ name }) => name)).toEqual(['careful']);
});
