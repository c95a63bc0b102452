import { expect, test } from 'vitest';
import { parseApplications } from '../../../domain/application/parse.ts';
import { refuseSpec } from '../../../domain/application/refuse-spec.ts';
import { stringifyApplication } from '../../../domain/application/stringify.ts';

const written = (fields: string): string => `apiVersion: nodewave.dev/v1alpha1
kind: NodeApplication
metadata: {name: x}
spec:
  source: {repo: https://git.example.com/x, ${fields}}
  destination: {cluster: dev}
`;

test('verify and trustedKeys are read, written, and nothing stands for them when they are not there', () => {
  const text = written('verify: require, trustedKeys: [ada, release-2]');
  const [spec] = parseApplications(text, 'a.yaml').specs;
  if (spec === undefined) throw new Error('it was refused');
  expect(spec.source).toMatchObject({ verify: 'require', trustedKeys: ['ada', 'release-2'] });
  expect(parseApplications(stringifyApplication(spec), 'again').specs[0]?.source).toEqual(spec.source);
  const [plain] = parseApplications(written('path: prod'), 'a.yaml').specs;
  expect(Object.keys(plain?.source ?? {})).not.toContain('verify');
  expect(refuseSpec({ name: 'x', spec: null }, spec)).toBeNull();
  // A hand-written message must not turn a check off by a slip.
  const slip = { ...spec, source: { ...spec.source, verify: 'Require' } };
  expect(refuseSpec({ name: 'x', spec: null }, slip)).toContain('"spec.source.verify" must be require or warn');
});

test.each([
  ['verify: true', 'spec.source.verify: expected one of require, warn, got true'],
  ['verify: always', 'spec.source.verify'],
  ['verify: warn, trustedKeys: []', 'spec.source.trustedKeys: is empty'],
  ['verify: warn, trustedKeys: ["a b"]', 'spec.source.trustedKeys[0]: expected at most 63 letters'],
  ['trustedKeys: [ada]', 'spec.source.trustedKeys: has no effect without verify'],
])('%s is refused', (fields, sentence) => {
  const { errors } = parseApplications(written(fields), 'a.yaml');
  expect(errors.map(({ field, message }) => `${field}: ${message}`).join()).toContain(sentence);
});
