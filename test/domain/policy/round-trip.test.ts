import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseApplications } from '../../../domain/application/parse.ts';
import { refuseSpec } from '../../../domain/application/refuse-spec.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import { stringifyApplication } from '../../../domain/application/stringify.ts';
import type { NodeSelectorRequirement } from '../../../domain/cluster/view.ts';
import { describeError } from '../../../domain/document-error.ts';
import type { GateSpec } from '../../../domain/gates/types.ts';
import type { IntOrPercent, NodeHook, NodeSelection, RolloutPolicy } from '../../../domain/rollout/policy.ts';

const seconds = (least: number, most: number) => fc.integer({ min: least, max: most }).map((count) => count * 1_000);
const nodes = (least: number): fc.Arbitrary<IntOrPercent> =>
  fc.oneof(
    fc.integer({ min: least, max: 5_000 }),
    fc.integer({ min: least, max: 100 }).map((share): IntOrPercent => `${share}%`),
  );
// Texts that YAML would read as something else without quotes are among them.
const labelKey = fc.constantFrom('pool', 'topology.kubernetes.io/zone', 'yes', 'example.com/Null_1', '0');
const labelValue = fc.constantFrom('true', '0644', 'gpu', '', '1e3', 'a.b-c_d', 'null', 'no');
const text = fc.constantFrom('a: b', '- x', '#1', '12:30', ' spaced ', '"', 'ü', 'yes', '');
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const expression = fc.oneof<fc.Arbitrary<NodeSelectorRequirement>[]>(
  fc.record({
    key: labelKey,
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.array(labelValue, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ key: labelKey, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
  fc.record({
    key: labelKey,
    operator: fc.constantFrom('Gt' as const, 'Lt' as const),
    values: fc.constantFrom('4', '10').map((bound) => [bound]),
  }),
);
const selection: fc.Arbitrary<NodeSelection> = fc.oneof(
  fc.record({ names: fc.array(fc.constantFrom('node-1', '10.0.0.1', '007'), { minLength: 1, maxLength: 3 }) }),
  fc.record({ matchLabels: fc.dictionary(labelKey, labelValue, { minKeys: 1, maxKeys: 3 }) }),
  fc.record({ matchExpressions: fc.array(expression, { minLength: 1, maxLength: 3 }) }),
  fc.record({
    matchLabels: fc.dictionary(labelKey, labelValue, { minKeys: 1, maxKeys: 3 }),
    matchExpressions: fc.array(expression, { minLength: 1, maxLength: 3 }),
  }),
);
const hook: fc.Arbitrary<NodeHook> = fc.oneof(
  fc.record({ kind: fc.constant('label' as const), key: labelKey, value: labelValue }),
  fc.record({ kind: fc.constant('annotate' as const), key: labelKey, value: text }),
  fc.constant({ kind: 'cordon' as const }),
  fc.constant({ kind: 'excludeFromLoadBalancers' as const }),
  fc.record({ kind: fc.constant('settle' as const), settleMs: seconds(1, 3_600) }),
  fc.record({
    kind: fc.constant('job' as const),
    when: fc.constantFrom('beforeDelete' as const, 'afterAvailable' as const),
    template: fc.record({
      spec: fc.record({
        containers: fc.tuple(fc.record({ args: fc.array(text, { maxLength: 3 }), tty: fc.boolean() })),
      }),
    }),
    withinMs: seconds(1, 86_400),
  }),
);
const template = fc.record({ spec: fc.record({ containers: fc.tuple(fc.record({ name: text })) }) });
const measured = fc.oneof(
  fc.record({
    kind: fc.constant('pods' as const),
    config: fc.record({ maxRestarts: fc.nat(9), maxUnavailable: nodes(0) }),
  }),
  fc.record({
    kind: fc.constant('nodes' as const),
    config: fc.record({ maxFailing: nodes(0), ignoreNamespaces: fc.subarray(['a', '0']) }),
  }),
  fc.record({
    kind: fc.constant('job' as const),
    config: fc.record({ template, withinMs: seconds(1, 86_400), nodes: fc.integer({ min: 1, max: 99 }) }),
  }),
);
const gate: fc.Arbitrary<GateSpec> = fc
  .record(
    {
      name: fc.stringMatching(/^[a-z]{1,9}$/),
      measured,
      intervalMs: seconds(1, 3_600),
      count: fc.integer({ min: 1, max: 99 }),
      failureLimit: fc.integer({ min: 4, max: 9 }),
      consecutiveFailureLimit: fc.nat(3),
      consecutiveErrorLimit: fc.nat(9),
      inconclusiveLimit: fc.nat(9),
      initialDelayMs: seconds(0, 86_400),
      minSamples: fc.integer({ min: 1, max: 99 }),
      onFailure: fc.constantFrom('rollback' as const, 'pause' as const),
      onInconclusive: fc.constantFrom('rollback' as const, 'pause' as const),
      batches: fc.constant('batch 1').map((name) => [name]),
    },
    {
      requiredKeys: [
        'name',
        'measured',
        'intervalMs',
        'count',
        'failureLimit',
        'consecutiveErrorLimit',
        'inconclusiveLimit',
        'initialDelayMs',
        'minSamples',
        'onInconclusive',
      ],
    },
  )
  .map(({ measured: of, ...rest }) => ({ ...rest, ...of }));
// Numbers of nodes only: percentages of one list must rise, which the tables test.
const batch = fc.record(
  {
    nodes: fc.integer({ min: 1, max: 500 }),
    select: selection,
    per: labelKey,
    soakMs: seconds(0, 86_400),
    approval: fc.constantFrom('before' as const, 'after' as const),
    failureBudget: nodes(0),
  },
  { requiredKeys: ['nodes', 'soakMs'] },
);
const policy: fc.Arbitrary<RolloutPolicy> = fc
  .record(
    {
      batches: fc
        .array(batch, { minLength: 1, maxLength: 4 })
        .map((all) => all.map((one, index) => ({ name: `batch ${index + 1}`, ...one }))),
      maxUnavailable: fc.option(nodes(1)),
      readyWithinMs: seconds(1, 86_400),
      maxRestarts: fc.nat(10),
      onFailure: fc.constantFrom('rollback' as const, 'pause' as const),
      promoteAfter: fc.constantFrom('canary' as const, 'last' as const),
      maxUnavailablePer: fc.uniqueArray(fc.record({ key: labelKey, max: nodes(1) }), {
        selector: ({ key }) => key,
        maxLength: 3,
      }),
      failureBudget: nodes(0),
      ramp: fc.oneof(
        fc.record({ startWith: fc.integer({ min: 1, max: 9 }) }),
        fc.record({ startWith: fc.integer({ min: 1, max: 9 }), cap: fc.integer({ min: 9, max: 99 }) }),
      ),
      podsPerMinute: fc.integer({ min: 1, max: 1_000 }),
      spread: labelKey,
      last: selection,
      exclude: selection,
      cordoned: fc.constantFrom('include' as const, 'skip' as const, 'last' as const),
      maxDeferred: nodes(0),
      maxFailedNodes: nodes(0),
      progressDeadlineMs: seconds(60, 86_400),
      onUnplannedExposure: fc.constantFrom('watch' as const, 'pause' as const),
      supersede: fc.constantFrom('replace' as const, 'finish' as const, 'queue' as const),
      exposure: fc.constantFrom('window' as const, 'pin' as const),
      windows: fc.array(
        fc.record({
          kind: fc.constantFrom('allow' as const, 'deny' as const),
          schedule: fc.constantFrom('0 8 * * 1-5', '*/5 * * * *'),
          durationMs: seconds(60, 86_400),
          timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata'),
        }),
        { maxLength: 2 },
      ),
      removal: fc.constantFrom('delete' as const, 'evict' as const),
      rollback: fc.record({ maxUnavailable: nodes(1), deadlineMs: seconds(60, 86_400) }, { requiredKeys: [] }),
      gates: fc.uniqueArray(gate, { selector: ({ name }) => name, maxLength: 3 }),
      // Two that change the same are refused.
      hooks: fc.uniqueArray(hook, { selector: ({ kind }) => kind, maxLength: 4 }),
    },
    { requiredKeys: ['batches', 'maxUnavailable', 'readyWithinMs', 'maxRestarts', 'onFailure', 'promoteAfter'] },
  )
  .map((given) => given as RolloutPolicy);

const prune = fc.oneof(fc.boolean(), fc.record({ inBatches: nodes(1), pauseMs: seconds(0, 86_400) }));

const spec = (
  rollout: RolloutPolicy,
  adopt: 'force' | undefined,
  pruned: ApplicationSpec['sync']['prune'] = false,
): ApplicationSpec => ({
  name: 'agents',
  source: { repo: 'https://example.com/x.git', ref: { branch: 'main' }, path: '.', render: 'auto' },
  destination: { cluster: 'prod', namespace: 'default' },
  sync: { auto: true, intervalMs: 60_000, prune: pruned, drift: 'detect', ...(adopt === undefined ? {} : { adopt }) },
  rollout,
});

test('what is printed is read back to the same, whatever the policy', () => {
  fc.assert(
    fc.property(policy, optional(fc.constant('force' as const)), prune, (rollout, adopt, pruned) => {
      const given = spec(rollout, adopt, pruned);
      const { specs, errors } = parseApplications(stringifyApplication(given), 'x');
      expect(errors.map(describeError)).toEqual([]);
      const [read] = specs.map(({ origin: _origin, ...rest }) => rest);
      expect(read).toEqual(given);
      // As a workflow gets it.
      expect(JSON.parse(JSON.stringify(read))).toEqual(given);
    }),
    { numRuns: 200 },
  );
});

test('a spec of before the optional fields is accepted, one that the workflow would stumble over is not', () => {
  const old: ApplicationSpec = spec(
    {
      batches: [{ name: 'all', nodes: '100%', soakMs: 0 }],
      maxUnavailable: null,
      readyWithinMs: 300_000,
      maxRestarts: 2,
      onFailure: 'rollback',
      promoteAfter: 'last',
    },
    undefined,
  );
  expect(refuseSpec({ name: 'agents', spec: null }, old)).toBeNull();
  expect(refuseSpec({ name: 'agents', spec: old }, { ...old, sync: { ...old.sync, adopt: 'force' } })).toBeNull();
  const batches = { ...old, sync: { ...old.sync, prune: { inBatches: 3 } } };
  expect(refuseSpec({ name: 'agents', spec: null }, batches)).toContain(
    '"spec.sync.prune" must be true, false or have',
  );
  const odd = { ...old, rollout: { ...old.rollout, windows: {} } };
  expect(refuseSpec({ name: 'agents', spec: null }, odd)).toContain('"spec.rollout.windows" must be a list');
});
