import type * as z from 'zod';
import { describeValue, isPlainObject, type PlainObject } from '../plain.ts';
import { applicationDefaults } from './defaults.ts';
import { list, mapping } from './parse-mapping.ts';
import { choice, field, label, text } from './parse-values.ts';
import { repoPath } from './repo-path.ts';

/** How a chart in git is rendered; every field may be left out. */
export interface HelmOptions {
  /** Files of values, relative to the root of the repository; later ones win. */
  valuesFiles?: string[];
  /** Values that win over those of files; a null removes a default of the chart. */
  values?: PlainObject;
  /** Without it the name of the application. */
  releaseName?: string;
  /** What `version` in Chart.yaml has to be. */
  version?: string;
  /** `.Capabilities.KubeVersion`, such as 1.33.2. */
  kubeVersion?: string;
  /** What `.Capabilities.APIVersions` has beside Helm's own, such as monitoring.coreos.com/v1. */
  apiVersions?: string[];
  /** Without it `apply`. */
  crds?: 'apply' | 'skip';
}

/** Words of `spec.source.render`. */
export const renderers = ['auto', 'plain', 'kustomize', 'helm'] as const;

/** Inline values are part of the application, which is sent through Temporal; larger ones belong into a file. */
const mostValuesBytes = 32_768;

/** Helm makes labels of it and adds endings of its own. */
const longestReleaseName = 53;

const elsewhere = 'is an address, and nothing is loaded from elsewhere; commit the file and name that';

const fileInRepo: z.ZodType<string> = field(
  'a file of the repository such as clusters/prod/values.yaml',
  (value): { value: string } | { refused: string } | undefined => {
    if (typeof value !== 'string') return undefined;
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return { refused: elsewhere };
    const read = repoPath(value);
    if ('problem' in read) return { refused: read.problem };
    return read.path === '.' ? { refused: 'is the root of the repository; expected a file' } : { value: read.path };
  },
);

const values = field(
  'a mapping of values for the chart',
  (value): { value: PlainObject } | { refused: string } | undefined => {
    if (!isPlainObject(value)) return undefined;
    const bytes = JSON.stringify(value).length;
    if (bytes <= mostValuesBytes) return { value };
    return {
      refused: `has ${bytes} bytes, more than ${mostValuesBytes}; commit them as a file and name it in valuesFiles`,
    };
  },
);

const releaseName = label.refine((name) => name.length <= longestReleaseName, {
  error: ({ input }) => `expected at most ${longestReleaseName} characters, got ${String(input).length}`,
});

const helm = mapping('a mapping with valuesFiles, values, releaseName or version', {
  valuesFiles: list('a list of files of the repository', fileInRepo, 20).optional(),
  values: values.optional(),
  releaseName: releaseName.optional(),
  version: text('the version in Chart.yaml, such as 1.2.3', (version) =>
    version === '' ? 'is empty; expected a version such as 1.2.3' : undefined,
  ).optional(),
  kubeVersion: text('a version of Kubernetes such as 1.33.2', (version) =>
    /^v?1\.\d{1,3}(\.\d{1,3})?$/.test(version)
      ? undefined
      : `expected a version of Kubernetes such as 1.33.2, got ${describeValue(version)}`,
  ).optional(),
  apiVersions: list(
    'a list of API versions',
    text('an API version such as monitoring.coreos.com/v1', (version) =>
      /^[a-z0-9][\w.-]*(\/[A-Za-z0-9]+){0,2}$/.test(version)
        ? undefined
        : `${describeValue(version)} is not an API version; expected one such as monitoring.coreos.com/v1`,
    ),
    50,
  ).optional(),
  crds: choice(['apply', 'skip']).optional(),
}).transform((given): HelmOptions => given);

/** The fields of `spec.source` that say how its files become manifests. */
export const renderFields = { render: choice(renderers).default(applicationDefaults.render), helm: helm.optional() };

/** What is wrong with `helm` beside another renderer; the path is relative to `spec.source`. */
export function rendererProblem(source: {
  render: (typeof renderers)[number];
  helm?: HelmOptions;
}): { path: string[]; message: string } | undefined {
  if (source.helm === undefined || source.render === 'helm' || source.render === 'auto') return undefined;
  const message = `is for charts, and spec.source.render is ${source.render}; remove it, or write render: helm`;
  return { path: ['helm'], message };
}

/** Where a null means something: it removes a default of the chart. */
export const nullsMatterAt: readonly string[] = ['spec', 'source', 'helm', 'values'];
