import { expect, test } from 'vitest';
import { parseApplications } from '../../../domain/application/parse.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import { applicationDocument, stringifyApplication } from '../../../domain/application/stringify.ts';
import { type DocumentError, describeError } from '../../../domain/document-error.ts';

const head = 'apiVersion: nodewave.dev/v1alpha1\nkind: NodeApplication\n';

/** What is read, without where it was written. */
function read(text: string): { specs: ApplicationSpec[]; errors: DocumentError[] } {
  const { specs, errors } = parseApplications(text, 'app.yaml');
  return { specs: specs.map(({ origin: _origin, ...spec }) => spec), errors };
}

function errorsOf(text: string): string[] {
  return parseApplications(text, 'app.yaml').errors.map(describeError);
}

/** The errors of an application whose `spec` gets these lines. */
function errorsOfSpec(lines: string): string[] {
  return errorsOf(`${head}metadata: {name: agents}\nspec:\n${lines}`);
}

const source = '  source: {repo: https://example.com/x.git}\n';
const destination = '  destination: {cluster: prod}\n';

function errorsOfRollout(rollout: string): string[] {
  return errorsOfSpec(`${source}${destination}  rollout:\n${rollout}`);
}

const full: ApplicationSpec = {
  name: 'node-agents-prod',
  source: {
    repo: 'https://git.example.com/platform/agents.git',
    ref: { tag: 'v1' },
    path: 'clusters/prod',
    render: 'plain',
  },
  destination: { cluster: 'prod', namespace: 'monitoring' },
  sync: { auto: false, intervalMs: 90_000, prune: false, drift: 'detect' },
  rollout: {
    batches: [
      { name: 'canary', nodes: 1, per: 'topology.kubernetes.io/zone', soakMs: 600_000, approval: 'after' },
      { name: 'batch 2', nodes: '10%', soakMs: 5_400_000 },
      { name: 'batch 3', nodes: '100%', soakMs: 0 },
    ],
    maxUnavailable: '10%',
    readyWithinMs: 90_000,
    maxRestarts: 0,
    onFailure: 'pause',
    promoteAfter: 'canary',
  },
};

test('reads every field', () => {
  const text = `${head}metadata: {name: node-agents-prod}
spec:
  source: {repo: https://git.example.com/platform/agents.git, ref: {tag: v1}, path: ./clusters/prod/, render: plain}
  destination: {cluster: prod, namespace: monitoring}
  sync: {auto: false, interval: 90s, prune: false, drift: detect}
  rollout:
    batches:
      - {name: canary, nodes: 1, per: topology.kubernetes.io/zone, soak: 10m, approval: after}
      - {nodes: 10%, soak: 1h30m}
      - {nodes: 100%}
    maxUnavailable: 10%
    readyWithin: 90s
    maxRestarts: 0
    onFailure: pause
    promoteAfter: canary
    windows:
`;
  expect(read(text)).toEqual({ specs: [full], errors: [] });
});

test('fills in every default', () => {
  const { specs, errors } = read(`${head}metadata: {name: agents}\nspec:\n${source}${destination}`);
  expect(errors).toEqual([]);
  expect(specs).toEqual([
    {
      name: 'agents',
      source: { repo: 'https://example.com/x.git', ref: { branch: 'main' }, path: '.', render: 'auto' },
      destination: { cluster: 'prod', namespace: 'default' },
      sync: { auto: true, intervalMs: 180_000, prune: false, drift: 'detect' },
      rollout: {
        batches: [
          { name: 'canary', nodes: 1, soakMs: 60_000 },
          { name: 'batch 2', nodes: '25%', soakMs: 0 },
          { name: 'batch 3', nodes: '100%', soakMs: 0 },
        ],
        maxUnavailable: null,
        readyWithinMs: 300_000,
        maxRestarts: 2,
        onFailure: 'rollback',
        promoteAfter: 'last',
      },
    },
  ]);
});

test('specs are plain JSON, and what is printed is read back', () => {
  expect(JSON.parse(JSON.stringify(full))).toEqual(full);
  const odd = { ...full, source: { ...full.source, ref: { branch: '0644' }, path: 'yes' } };
  for (const spec of [full, odd]) expect(read(stringifyApplication(spec))).toEqual({ specs: [spec], errors: [] });
});

test('several documents, each with its own lines', () => {
  const one = (name: string): string => `${head}metadata:\n  name: ${name}\nspec:\n${source}${destination}`;
  const { specs, errors } = read(`${one('a')}---\n# nothing\n---\n${one('b')}---\n${one('a')}`);
  expect(specs.map((spec) => spec.name)).toEqual(['a', 'b']);
  expect(errors.map(describeError)).toEqual([
    'app.yaml:22: metadata.name: application a is there twice, first on line 4; remove one or rename it',
  ]);
});

test.each([
  ['', ['app.yaml:1: is empty; expected a document of kind NodeApplication']],
  ['- a\n', ['app.yaml:1: expected a NodeApplication, got a list']],
  [
    'a: [1\nb: 2\n',
    ['app.yaml:2: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  ['\nkind: DaemonSet\napiVersion: apps/v1\n', ['app.yaml:2: kind: expected NodeApplication, got "DaemonSet"']],
  ['kind: NodeAplication\n', ['app.yaml:1: kind: expected NodeApplication, got "NodeAplication"']],
  [
    'kind: RolloutPolicy\n',
    [
      'app.yaml:1: kind: RolloutPolicy is not applied; commit it to the path of the application whose DaemonSets it selects',
    ],
  ],
  [
    'apiVersion: nodewave.dev/v1\nkind: NodeApplication\nmetadata: {name: a}\n',
    [
      'app.yaml:1: apiVersion: expected nodewave.dev/v1alpha1, got "nodewave.dev/v1"',
      'app.yaml:1: spec: is missing; expected a mapping with source and destination',
    ],
  ],
  [
    `${head}metadata:\n  name: a\n  name: b\nspec:\n${source}${destination}`,
    ['app.yaml:5: metadata.name: the key is there twice, first on line 4; remove one of them'],
  ],
  [
    `${head}metadata: {name: Agents}\nspec:\n${source}${destination}`,
    [
      'app.yaml:3: metadata.name: expected at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit, got "Agents"',
    ],
  ],
  [
    `${head}metadata: {name: 7}\nspec:\n${source}${destination}`,
    ['app.yaml:3: metadata.name: expected a name such as node-agents, got a number; write it in quotes'],
  ],
])('document %j', (text, expected) => {
  expect(errorsOf(text)).toEqual(expected);
});

test.each([
  [
    `${source}  destinaton: {cluster: prod}\n`,
    [
      'app.yaml:4: spec.destination: is missing; expected a mapping with cluster and namespace',
      'app.yaml:6: spec.destinaton: unknown field; did you mean destination?',
    ],
  ],
  [
    `${source}${destination}  extra: 1\n`,
    ['app.yaml:7: spec.extra: unknown field; expected one of source, destination, sync, rollout, ignore'],
  ],
  [
    `  source:\n    repo: https://example.com/x.git\n    ref:\n      branch: main\n      tag: v1\n${destination}`,
    ['app.yaml:7: spec.source.ref: expected exactly one of branch, tag, semver, commit, got branch and tag'],
  ],
  [
    `  source: {repo: https://example.com/x.git, ref: {}}\n${destination}`,
    ['app.yaml:5: spec.source.ref: expected exactly one of branch, tag, semver, commit, got none'],
  ],
  [
    `  source: {repo: https://example.com/x.git, ref: main}\n${destination}`,
    ['app.yaml:5: spec.source.ref: expected a mapping with one of branch, tag, semver, commit, got "main"'],
  ],
  [
    `  source: {repo: https://example.com/x.git, ref: {commit: 1a2b3c4}}\n${destination}`,
    [
      'app.yaml:5: spec.source.ref.commit: must be a full commit of 40 hex digits, got "1a2b3c4"; "git rev-parse 1a2b3c4" prints it in full',
    ],
  ],
  [
    `  source: {repo: https://example.com/x.git, ref: {tag: 1.10}}\n${destination}`,
    ['app.yaml:5: spec.source.ref.tag: expected the name of a tag, got a number; write it in quotes'],
  ],
  [
    `  source: {repo: https://example.com/x.git, ref: {branch: refs/heads/main}}\n${destination}`,
    ['app.yaml:5: spec.source.ref.branch: is written without refs/heads/; write main'],
  ],
  [
    `  source: {repo: https://example.com/x.git, path: ../other}\n${destination}`,
    ['app.yaml:5: spec.source.path: must not contain ".."; a path stays inside the repository'],
  ],
  [
    `  source: {repo: https://example.com/x.git, render: kustomise}\n${destination}`,
    [
      'app.yaml:5: spec.source.render: expected one of auto, plain, kustomize, helm, got "kustomise"; did you mean kustomize?',
    ],
  ],
  [
    `  source: {repo: "https://bob:hunter2@example.com/x.git"}\n${destination}`,
    ['app.yaml:5: spec.source.repo: must not contain a user name or password; remove the part before the "@"'],
  ],
  [
    `${source}  destination: {namespace: x}\n`,
    [
      'app.yaml:6: spec.destination.cluster: is missing; expected the name of a cluster in the clusters file of the worker, such as prod',
    ],
  ],
  [
    `${source}${destination}  sync: {auto: maybe, interval: 500ms, prune: maybe, drift: correct}\n`,
    [
      'app.yaml:7: spec.sync.auto: expected true or false, got "maybe"',
      'app.yaml:7: spec.sync.interval: expected a duration such as 90s, 5m or 1h30m, got "500ms"',
      'app.yaml:7: spec.sync.prune: expected true, false or a mapping such as {inBatches: 10%, pause: 1m}, got "maybe"',
      'app.yaml:7: spec.sync.drift: correct is not supported yet; write drift: detect',
    ],
  ],
  [
    `${source}${destination}  sync: {prune: {inBatch: 0, pause: 25h}}\n`,
    [
      'app.yaml:7: spec.sync.prune.inBatches: is missing; expected a number of nodes from 1 on, or a percentage from 1% to 100%',
      'app.yaml:7: spec.sync.prune.pause: must be at most 24h, got 25h',
      'app.yaml:7: spec.sync.prune.inBatch: unknown field; did you mean inBatches?',
    ],
  ],
  [
    `${source}${destination}  sync: {interval: 0s}\n`,
    ['app.yaml:7: spec.sync.interval: must be between 1s and 24h, got 0s'],
  ],
])('spec %j', (lines, expected) => {
  expect(errorsOfSpec(lines)).toEqual(expected);
});

test('sync.prune in batches is read with its default, and printed as it is written', () => {
  const text = (prune: string) =>
    `${head}metadata: {name: agents}\nspec:\n${source}${destination}  sync: {prune: ${prune}}\n`;
  const read = (prune: string) => parseApplications(text(prune), 'app.yaml').specs[0];
  expect(read('{inBatches: 3}')?.sync.prune).toEqual({ inBatches: 3, pauseMs: 30_000 });
  const spec = read('{inBatches: 10%, pause: 1m}');
  expect(spec?.sync.prune).toEqual({ inBatches: '10%', pauseMs: 60_000 });
  expect(spec && applicationDocument(spec).spec).toMatchObject({ sync: { prune: { inBatches: '10%', pause: '1m' } } });
});

const nodes = 'a number of nodes from 1 on, or a percentage from 1% to 100%';

test.each([
  ['    maxUnavailble: 1\n', ['app.yaml:8: spec.rollout.maxUnavailble: unknown field; did you mean maxUnavailable?']],
  ['    maxUnavailable: 0\n', [`app.yaml:8: spec.rollout.maxUnavailable: expected ${nodes}, got 0`]],
  ['    maxUnavailable: 0%\n', [`app.yaml:8: spec.rollout.maxUnavailable: expected ${nodes}, got "0%"`]],
  [
    '    onFailure: rolback\n',
    ['app.yaml:8: spec.rollout.onFailure: expected one of rollback, pause, got "rolback"; did you mean rollback?'],
  ],
  [
    '    readyWithin: 5\n',
    ['app.yaml:8: spec.rollout.readyWithin: expected a duration such as 90s, 5m or 1h30m, got 5'],
  ],
  ['    maxRestarts: -1\n', ['app.yaml:8: spec.rollout.maxRestarts: expected a whole number of at least 0, got -1']],
  [
    '    batches: 100%\n',
    ['app.yaml:8: spec.rollout.batches: expected a list such as [{nodes: 1}, {nodes: 100%}], got "100%"'],
  ],
  [
    '    batches: []\n',
    ['app.yaml:8: spec.rollout.batches: is empty; expected at least one batch, such as {nodes: 100%}'],
  ],
  [
    '    batches:\n      - nodes: 101%\n      - nodes: "5"\n      - nodes: 1.5\n      - {soak: 1m}\n      - 10%\n',
    [
      `app.yaml:9: spec.rollout.batches[0].nodes: expected ${nodes}, got "101%"`,
      'app.yaml:10: spec.rollout.batches[1].nodes: "5" is a text; write 5 or "5%"',
      `app.yaml:11: spec.rollout.batches[2].nodes: expected ${nodes}, got 1.5`,
      `app.yaml:12: spec.rollout.batches[3].nodes: is missing; expected ${nodes}`,
      'app.yaml:13: spec.rollout.batches[4]: expected a mapping such as {nodes: 10%, soak: 2m}, got "10%"',
    ],
  ],
  [
    '    batches:\n      - {nodes: 50%}\n      - {nodes: 50%}\n      - {nodes: 100%, name: batch 1}\n      - {nodes: 3}\n',
    [
      'app.yaml:10: spec.rollout.batches[1].nodes: percentages are cumulative: 50% adds no node to the 50% of an earlier batch',
      'app.yaml:11: spec.rollout.batches[2].name: "batch 1" is the name of an earlier batch',
      'app.yaml:12: spec.rollout.batches[3].nodes: never gets a node: an earlier batch already reaches 100%',
    ],
  ],
  [
    '    batches: [{nodes: 1, aproval: after, per: "a b"}]\n',
    [
      'app.yaml:8: spec.rollout.batches[0].per: "a b" is not the key of a label; expected one such as topology.kubernetes.io/zone',
      'app.yaml:8: spec.rollout.batches[0].aproval: unknown field; did you mean approval?',
    ],
  ],
])('rollout %j', (rollout, expected) => {
  expect(errorsOfRollout(rollout)).toEqual(expected);
});

test('a plan below 100 % is no error: it is completed where it is made', () => {
  expect(errorsOfRollout('    batches: [{nodes: 1}, {nodes: 10%}]\n')).toEqual([]);
  expect(errorsOfRollout('    batches: [{nodes: 100%, per: zone}, {nodes: 100%}]\n')).toEqual([]);
});

test('a secret in an address is never repeated', () => {
  expect(
    errorsOfSpec(`  source: {repo: "https://bob:hunter2@example.com/x.git"}\n${destination}`).join(),
  ).not.toContain('hunter2');
});
