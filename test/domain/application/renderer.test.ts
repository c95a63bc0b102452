import { expect, test } from 'vitest';
import { parseApplications } from '../../../domain/application/parse.ts';
import { stringifyApplication } from '../../../domain/application/stringify.ts';
import { describeError } from '../../../domain/document-error.ts';

/** An application whose `spec.source` has these fields, in flow style, on line 5. */
const written = (source: string): string => `apiVersion: nodewave.dev/v1alpha1
kind: NodeApplication
metadata: {name: agents}
spec:
  source: {repo: https://example.com/x.git, ${source}}
  destination: {cluster: prod}
`;

const errors = (source: string): string[] => parseApplications(written(source), 'app.yaml').errors.map(describeError);

test('every field of helm is read, and a null in the values is kept: it removes a default of the chart', () => {
  const source = `render: helm, helm: {valuesFiles: [./values/a.yaml, b.yaml], values: {a: null, b: {c: ~, d: [null]}},
    releaseName: node, version: 1.2.3, kubeVersion: v1.33, apiVersions: [example.com/v1, example.com/v1/Thing], crds: skip}`;
  const { specs } = parseApplications(written(source), 'app.yaml');
  expect(specs[0]?.source).toMatchObject({
    render: 'helm',
    helm: {
      valuesFiles: ['values/a.yaml', 'b.yaml'],
      values: { a: null, b: { c: null, d: [null] } },
      releaseName: 'node',
      version: '1.2.3',
      kubeVersion: 'v1.33',
      apiVersions: ['example.com/v1', 'example.com/v1/Thing'],
      crds: 'skip',
    },
  });
  const again = parseApplications(specs.map(stringifyApplication).join(), 'app.yaml');
  expect(again.errors).toEqual([]);
  expect(again.specs[0]?.source).toEqual(specs[0]?.source);
});

test('an application of before has the same form as ever', () => {
  expect(Object.keys(parseApplications(written('path: a'), 'app.yaml').specs[0]?.source ?? {}).sort()).toEqual([
    'path',
    'ref',
    'render',
    'repo',
  ]);
});

test.each([
  ['render: plain, helm: {}', 'helm: is for charts, and spec.source.render is plain; remove it, or write render: helm'],
  [
    'render: kustomize, helm: {version: 1.2.3}',
    'helm: is for charts, and spec.source.render is kustomize; remove it, or write render: helm',
  ],
  [
    'helm: {valuesFiles: [../x.yaml]}',
    'helm.valuesFiles[0]: must not contain ".."; a path stays inside the repository',
  ],
  [
    'helm: {valuesFiles: [/x.yaml]}',
    'helm.valuesFiles[0]: must be relative to the root of the repository; remove the leading "/"',
  ],
  [
    'helm: {valuesFiles: ["https://x/y.yaml"]}',
    'helm.valuesFiles[0]: is an address, and nothing is loaded from elsewhere; commit the file and name that',
  ],
  ['helm: {valuesFiles: [.]}', 'helm.valuesFiles[0]: is the root of the repository; expected a file'],
  ['helm: {values: "a: 1"}', 'helm.values: expected a mapping of values for the chart, got "a: 1"'],
  [
    `helm: {values: {a: ${'x'.repeat(32_768)}}}`,
    'helm.values: has 32776 bytes, more than 32768; commit them as a file and name it in valuesFiles',
  ],
  [`helm: {releaseName: ${'x'.repeat(54)}}`, 'helm.releaseName: expected at most 53 characters, got 54'],
  [
    'helm: {releaseName: --set}',
    'helm.releaseName: expected at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit, got "--set"',
  ],
  [
    'helm: {version: 1.10}',
    'helm.version: expected the version in Chart.yaml, such as 1.2.3, got a number; write it in quotes',
  ],
  ['helm: {kubeVersion: latest}', 'helm.kubeVersion: expected a version of Kubernetes such as 1.33.2, got "latest"'],
  [
    'helm: {apiVersions: [--set=a]}',
    'helm.apiVersions[0]: "--set=a" is not an API version; expected one such as monitoring.coreos.com/v1',
  ],
  ['helm: {crds: keep}', 'helm.crds: expected one of apply, skip, got "keep"'],
  ['helm: {valueFiles: []}', 'helm.valueFiles: unknown field; did you mean valuesFiles?'],
])('%s', (source, sentence) => {
  expect(errors(source)).toEqual([`app.yaml:5: spec.source.${sentence}`]);
});
