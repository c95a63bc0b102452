import { describe, expect, test } from 'vitest';
import { parseApplications } from '../../../domain/application/parse.ts';
import { stringifyApplication } from '../../../domain/application/stringify.ts';
import { describeError } from '../../../domain/document-error.ts';
import { gateKinds } from '../../../domain/gates/registry.ts';
import { scheduleDefaults } from '../../../domain/gates/schedule.ts';
import type { GateSpec } from '../../../domain/gates/types.ts';
import { parseManifests } from '../../../domain/manifest/parse.ts';
import { validateObjects } from '../../../domain/manifest/validate.ts';
import { readPolicyAnnotations } from '../../../domain/policy/annotations.ts';

const head = `apiVersion: nodewave.dev/v1alpha1
kind: NodeApplication
metadata: {name: agents}
spec:
  source: {repo: https://example.com/x.git}
  destination: {cluster: prod}
  rollout:
`;

const read = (rollout: string) => parseApplications(head + rollout, 'app.yaml');
const errorsOf = (rollout: string): string[] => read(rollout).errors.map(describeError);
const gatesOf = (rollout: string): GateSpec[] | undefined => {
  const { specs, errors } = read(rollout);
  expect(errors.map(describeError)).toEqual([]);
  return specs[0]?.rollout.gates;
};

test('what a gate does not state is that of its kind, else of every gate', () => {
  expect(gatesOf('    gates: [{name: smoke, pods: {maxRestarts: 1}}]\n')).toEqual([
    {
      name: 'smoke',
      kind: 'pods',
      config: { maxRestarts: 1, maxUnavailable: 0 },
      ...scheduleDefaults,
      onInconclusive: 'pause',
    },
  ]);
  const [job] = gatesOf('    gates: [{name: probe, job: {template: {spec: {containers: [{name: a}]}}}}]\n') ?? [];
  expect(job).toMatchObject({ kind: 'job', count: 1, failureLimit: 0, intervalMs: scheduleDefaults.intervalMs });
});

test('every field of the schedule is read', () => {
  const [gate] =
    gatesOf(`    gates:
      - name: smoke
        pods: {}
        interval: 10s
        count: 6
        failureLimit: 4
        consecutiveFailureLimit: 2
        consecutiveErrorLimit: 0
        inconclusiveLimit: 9
        initialDelay: 1m30s
        minSamples: 5
        onFailure: pause
        onInconclusive: rollback
        batches: [canary]
`) ?? [];
  expect(gate).toEqual({
    name: 'smoke',
    kind: 'pods',
    config: { maxRestarts: 0, maxUnavailable: 0 },
    intervalMs: 10_000,
    count: 6,
    failureLimit: 4,
    consecutiveFailureLimit: 2,
    consecutiveErrorLimit: 0,
    inconclusiveLimit: 9,
    initialDelayMs: 90_000,
    minSamples: 5,
    onFailure: 'pause',
    onInconclusive: 'rollback',
    batches: ['canary'],
  });
});

test('what is printed is read back to the same', () => {
  const { specs } = read(`    gates:
      - {name: smoke, pods: {maxUnavailable: 10%}, failureLimit: 4, consecutiveFailureLimit: 0, onFailure: pause, batches: [canary]}
      - {name: probe, job: {template: {spec: {containers: [{name: a, args: ["yes", "1: 2"]}]}}, within: 90s}}
      - {name: others, nodes: {ignoreNamespaces: [batch]}, initialDelay: 0, onInconclusive: rollback}
`);
  const [spec] = specs;
  expect(spec?.rollout.gates).toHaveLength(3);
  expect(spec && parseApplications(stringifyApplication(spec), 'x').specs[0]?.rollout).toEqual(spec?.rollout);
});

describe('refused', () => {
  const list = [...gateKinds.keys()].join(', ');

  test.each([
    [
      '    gates: {name: smoke}\n',
      [
        'app.yaml:8: spec.rollout.gates: expected a list such as [{name: smoke, pods: {maxRestarts: 0}}], got a mapping',
      ],
    ],
    [
      '    gates:\n      - pods: {}\n      - {name: Smoke, pods: {}}\n',
      [
        'app.yaml:9: spec.rollout.gates[0].name: is missing; expected a name such as node-agents',
        'app.yaml:10: spec.rollout.gates[1].name: expected at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit, got "Smoke"',
      ],
    ],
    [
      '    gates:\n      - name: rate\n        promethues: {url: "http://x"}\n',
      ['app.yaml:10: spec.rollout.gates[0].promethues: unknown field; did you mean prometheus?'],
    ],
    [
      '    gates:\n      - name: smoke\n        pods: {maxRestart: 1}\n',
      ['app.yaml:10: spec.rollout.gates[0].pods.maxRestart: unknown field; did you mean maxRestarts?'],
    ],
    [
      '    gates:\n      - {name: smoke, interval: 10s}\n',
      [`app.yaml:9: spec.rollout.gates[0]: measures nothing; expected one of ${list}`],
    ],
    [
      '    gates:\n      - name: smoke\n        pods: {}\n        nodes: {}\n',
      ['app.yaml:11: spec.rollout.gates[0].nodes: cannot be together with pods; write two gates'],
    ],
    [
      '    gates:\n      - {name: a, pods: {}}\n      - {name: b, pods: {}}\n      - {name: a, nodes: {}}\n',
      ['app.yaml:11: spec.rollout.gates[2].name: "a" is the name of an earlier gate'],
    ],
    [
      '    gates:\n      - {name: a, pods: {}, interval: 500ms, count: 0, failureLimit: -1, minSamples: 0, initialDelay: 25h}\n',
      [
        'app.yaml:9: spec.rollout.gates[0].interval: expected a duration such as 90s, 5m or 1h30m, got "500ms"',
        'app.yaml:9: spec.rollout.gates[0].count: expected a whole number of at least 1, got 0',
        'app.yaml:9: spec.rollout.gates[0].failureLimit: expected a whole number of at least 0, got -1',
        'app.yaml:9: spec.rollout.gates[0].initialDelay: must be at most 24h, got 25h',
        'app.yaml:9: spec.rollout.gates[0].minSamples: expected a whole number of at least 1, got 0',
      ],
    ],
    [
      '    gates:\n      - {name: a, pods: {}, onFailure: rolback, failurelimit: 1}\n',
      [
        'app.yaml:9: spec.rollout.gates[0].onFailure: expected one of rollback, pause, got "rolback"; did you mean rollback?',
        'app.yaml:9: spec.rollout.gates[0].failurelimit: unknown field; did you mean failureLimit?',
      ],
    ],
    [
      '    gates:\n      - {name: a, pods: {}, consecutiveFailureLimit: 3}\n',
      [
        'app.yaml:9: spec.rollout.gates[0].consecutiveFailureLimit: must be below failureLimit, 1, which else fails the gate first; raise that one or remove this',
      ],
    ],
    [
      '    batches: [{name: canary, nodes: 1}, {nodes: 50%}]\n    gates:\n      - {name: a, pods: {}, batches: [canary, rest, canry]}\n      - {name: b, pods: {}, batches: []}\n      - {name: c, pods: {}, batches: [last]}\n',
      ['app.yaml:11: spec.rollout.gates[1].batches: is empty; expected a list of names of batches'],
    ],
    [
      '    batches: [{name: canary, nodes: 1}, {nodes: 50%}]\n    gates:\n      - {name: a, pods: {}, batches: [canary, rest, canry]}\n      - {name: c, pods: {}, batches: [third]}\n',
      [
        'app.yaml:10: spec.rollout.gates[0].batches[2]: there is no batch "canry"; did you mean canary?',
        'app.yaml:11: spec.rollout.gates[1].batches[0]: there is no batch "third"; expected one of canary, batch 2, rest',
      ],
    ],
    [
      `    gates: [${Array.from({ length: 21 }, (_, index) => `{name: g${index}, pods: {}}`).join(', ')}]\n`,
      ['app.yaml:8: spec.rollout.gates: has 21 entries; expected at most 20'],
    ],
    [
      `    gates: [${Array.from({ length: 4 }, (_, index) => `{name: g${index}, job: {template: {spec: {containers: [{name: "${'x'.repeat(7_000)}"}]}}}}`).join(', ')}]\n`,
      [expect.stringMatching(/^app.yaml:8: spec.rollout.gates: are 2\d{4} bytes as JSON; expected at most 24576: /)],
    ],
  ])('%j', (rollout, expected) => {
    expect(errorsOf(rollout).sort()).toEqual([...expected].sort());
  });
});

test('a RolloutPolicy and an annotation state gates with the same errors and lines', () => {
  const policy = (gates: string) => `apiVersion: nodewave.dev/v1alpha1
kind: RolloutPolicy
metadata: {name: careful}
spec:
  selector: {names: [agent]}
  rollout:
    gates:
${gates}`;
  const errors = (text: string) => {
    const { objects } = parseManifests([{ path: 'p.yaml', text }]);
    return validateObjects(objects, { namespace: 'default' });
  };
  const good = errors(policy('      - {name: a, pods: {}}\n'));
  expect(good.errors).toEqual([]);
  expect(good.policies[0]?.fields.gates).toMatchObject([{ name: 'a', kind: 'pods' }]);
  expect(errors(policy('      - name: a\n        pod: {}\n')).errors.map(describeError)).toEqual([
    'p.yaml:9: spec.rollout.gates[0].pod: unknown field; did you mean pods?',
  ]);
  const annotated = (text: string) =>
    readPolicyAnnotations({ metadata: { annotations: { 'nodewave.dev/gates': text } } });
  expect(annotated('[{name: a, pods: {}}]').fields.gates).toMatchObject([{ name: 'a', kind: 'pods' }]);
  expect(annotated('[]').fields.gates).toEqual([]);
  expect(annotated('[{name: a, pod: {}}]').problems).toEqual([
    {
      path: ['metadata', 'annotations', 'nodewave.dev/gates', 0, 'pod'],
      message: 'unknown field; did you mean pods?',
    },
  ]);
});
