import { expect, test } from 'vitest';
import { parseApplications } from '../../../domain/application/parse.ts';
import { describeError } from '../../../domain/document-error.ts';
import type { RolloutPolicy } from '../../../domain/rollout/policy.ts';

const head = `apiVersion: nodewave.dev/v1alpha1
kind: NodeApplication
metadata: {name: agents}
spec:
  source: {repo: https://example.com/x.git}
  destination: {cluster: prod}
  rollout:
`;

const errorsOf = (rollout: string): string[] => parseApplications(head + rollout, 'app.yaml').errors.map(describeError);

function policyOf(rollout: string): RolloutPolicy | undefined {
  const { specs, errors } = parseApplications(head + rollout, 'app.yaml');
  expect(errors.map(describeError)).toEqual([]);
  return specs[0]?.rollout;
}

test('every optional field is read', () => {
  const policy = policyOf(`    batches:
      - name: canaries
        select: {names: [node-1, node-2]}
        failureBudget: 0
      - {nodes: 50%, select: {matchLabels: {pool: gpu}}, failureBudget: 10%}
      - nodes: 100%
    maxUnavailablePer: [{key: topology.kubernetes.io/rack, max: 1}, {key: pool, max: 20%}]
    failureBudget: 2%
    ramp: {startWith: 1, cap: 50}
    podsPerMinute: 120
    spread: topology.kubernetes.io/zone
    last: {matchExpressions: [{key: node-role.kubernetes.io/control-plane, operator: Exists}]}
    exclude: {matchExpressions: [{key: cores, operator: Lt, values: ["4"]}, {key: pool, operator: NotIn, values: [a, b]}]}
    cordoned: skip
    maxDeferred: 0
    maxFailedNodes: 5%
    progressDeadline: 30m
    onUnplannedExposure: pause
    supersede: queue
    exposure: pin
    windows:
      - {kind: allow, schedule: "0 8 * * 1-5", duration: 8h, timeZone: Europe/Berlin}
      - {kind: deny, schedule: "0 0 20 12 *", duration: 336h, timeZone: UTC, overrun: finish}
    removal: evict
    rollback: {maxUnavailable: 50%, deadline: 1h}
    hooks:
      - {kind: cordon}
      - {kind: excludeFromLoadBalancers}
      - {kind: label, key: example.com/maintenance, value: "true"}
      - {kind: annotate, key: example.com/why, value: "a rollout: wait"}
      - {kind: job, when: beforeDelete, template: {spec: {containers: [{name: drain}]}}}
      - {kind: settle, for: 15s}
`);
  expect(policy).toMatchObject({
    batches: [
      { name: 'canaries', nodes: '100%', select: { names: ['node-1', 'node-2'] }, failureBudget: 0, soakMs: 0 },
      { name: 'batch 2', nodes: '50%', select: { matchLabels: { pool: 'gpu' } }, failureBudget: '10%' },
      { name: 'batch 3', nodes: '100%' },
    ],
    maxUnavailablePer: [
      { key: 'topology.kubernetes.io/rack', max: 1 },
      { key: 'pool', max: '20%' },
    ],
    failureBudget: '2%',
    ramp: { startWith: 1, cap: 50 },
    podsPerMinute: 120,
    spread: 'topology.kubernetes.io/zone',
    last: { matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] },
    exclude: {
      matchExpressions: [
        { key: 'cores', operator: 'Lt', values: ['4'] },
        { key: 'pool', operator: 'NotIn', values: ['a', 'b'] },
      ],
    },
    cordoned: 'skip',
    maxDeferred: 0,
    maxFailedNodes: '5%',
    progressDeadlineMs: 1_800_000,
    onUnplannedExposure: 'pause',
    supersede: 'queue',
    exposure: 'pin',
    windows: [
      { kind: 'allow', schedule: '0 8 * * 1-5', durationMs: 28_800_000, timeZone: 'Europe/Berlin' },
      { kind: 'deny', schedule: '0 0 20 12 *', durationMs: 1_209_600_000, timeZone: 'UTC', overrun: 'finish' },
    ],
    removal: 'evict',
    rollback: { maxUnavailable: '50%', deadlineMs: 3_600_000 },
    hooks: [
      { kind: 'cordon' },
      { kind: 'excludeFromLoadBalancers' },
      { kind: 'label', key: 'example.com/maintenance', value: 'true' },
      { kind: 'annotate', key: 'example.com/why', value: 'a rollout: wait' },
      { kind: 'job', when: 'beforeDelete', template: { spec: { containers: [{ name: 'drain' }] } }, withinMs: 600_000 },
      { kind: 'settle', settleMs: 15_000 },
    ],
  });
});

test('what is not stated stays absent, so that policies of before the fields are the same as ever', () => {
  expect(Object.keys(policyOf('    onFailure: pause\n') ?? {}).sort()).toEqual(
    ['batches', 'maxUnavailable', 'maxRestarts', 'onFailure', 'promoteAfter', 'readyWithinMs'].sort(),
  );
});

const nodesOrNone = 'a number of nodes from 0 on, or a percentage from 0% to 100%';

test.each([
  [
    '    maxUnavailablePer: [{key: rack}, {key: zone, max: 1}, {key: zone, max: 2}]\n',
    [
      'app.yaml:8: spec.rollout.maxUnavailablePer[0].max: is missing; expected a number of nodes from 1 on, or a percentage from 1% to 100%',
    ],
  ],
  [
    '    maxUnavailablePer:\n      - {key: zone, max: 1}\n      - {key: zone, max: 2}\n',
    ['app.yaml:10: spec.rollout.maxUnavailablePer[1].key: zone is there already; write one entry'],
  ],
  ['    failureBudget: 101%\n', [`app.yaml:8: spec.rollout.failureBudget: expected ${nodesOrNone}, got "101%"`]],
  ['    maxFailedNodes: x\n', [`app.yaml:8: spec.rollout.maxFailedNodes: expected ${nodesOrNone}, got "x"`]],
  ['    maxDeferred: -1\n', [`app.yaml:8: spec.rollout.maxDeferred: expected ${nodesOrNone}, got -1`]],
  [
    '    ramp:\n      startWith: 4\n      cap: 2\n',
    ['app.yaml:10: spec.rollout.ramp.cap: must be at least startWith, 4, got 2'],
  ],
  ['    ramp: 1\n', ['app.yaml:8: spec.rollout.ramp: expected a mapping such as {startWith: 1, cap: 50}, got 1']],
  ['    podsPerMinute: 0\n', ['app.yaml:8: spec.rollout.podsPerMinute: expected a whole number of at least 1, got 0']],
  [
    '    exclude:\n      matchlabels: {a: b}\n',
    ['app.yaml:9: spec.rollout.exclude.matchlabels: unknown field; did you mean matchLabels?'],
  ],
  [
    '    exclude: {}\n',
    ['app.yaml:8: spec.rollout.exclude: selects nothing; expected nodes by names, matchLabels or matchExpressions'],
  ],
  [
    '    exclude:\n      names: [a]\n      matchLabels: {b: c}\n',
    ['app.yaml:9: spec.rollout.exclude.names: cannot be together with labels; write one of them'],
  ],
  [
    '    last:\n      matchLabels:\n        gpu: true\n        a b: c\n',
    ['app.yaml:10: spec.rollout.last.matchLabels.gpu: expected the value of a label, got true; write it in quotes'],
  ],
  [
    '    last:\n      matchLabels:\n        a b: c\n',
    [
      'app.yaml:10: spec.rollout.last.matchLabels["a b"]: "a b" is not the key of a label; expected one such as topology.kubernetes.io/zone',
    ],
  ],
  [
    `    last:
      matchExpressions:
        - {key: a, operator: Inn, values: [b]}
        - {key: a, operator: In}
        - {key: a, operator: Exists, values: [b]}
        - {key: a, operator: Gt, values: [many]}
`,
    [
      'app.yaml:10: spec.rollout.last.matchExpressions[0].operator: expected one of In, NotIn, Exists, DoesNotExist, Gt, Lt, got "Inn"; did you mean In?',
      'app.yaml:11: spec.rollout.last.matchExpressions[1].values: In needs at least one value',
      'app.yaml:12: spec.rollout.last.matchExpressions[2].values: Exists takes no values, got 1; remove them',
      'app.yaml:13: spec.rollout.last.matchExpressions[3].values: Gt needs exactly one whole number in quotes, got "many"',
    ],
  ],
  ['    cordoned: ignore\n', ['app.yaml:8: spec.rollout.cordoned: expected one of include, skip, last, got "ignore"']],
  ['    progressDeadline: 5s\n', ['app.yaml:8: spec.rollout.progressDeadline: must be between 1m and 168h, got 5s']],
  [
    '    supersede: replce\n',
    ['app.yaml:8: spec.rollout.supersede: expected one of replace, finish, queue, got "replce"; did you mean replace?'],
  ],
  ['    exposure: pinned\n', ['app.yaml:8: spec.rollout.exposure: expected one of window, pin, got "pinned"']],
  [
    '    rollback: {dedline: 5m}\n',
    ['app.yaml:8: spec.rollout.rollback.dedline: unknown field; did you mean deadline?'],
  ],
  [
    `    windows:
      - {kind: forbid, schedule: "0 8 * *", duration: 30s, timeZone: Europe/Berln}
      - {kind: deny, schedule: "0 25 * * *", duration: 1h, timeZone: "+02:00", overun: stop}
      - {kind: deny, schedule: "0 0 31 2 *", duration: 1h, timeZone: UTC}
`,
    [
      'app.yaml:9: spec.rollout.windows[0].kind: expected one of allow, deny, got "forbid"',
      'app.yaml:9: spec.rollout.windows[0].schedule: "0 8 * *" is no cron schedule: use five fields (minute hour day month weekday), for example "0 8 * * 1-5"',
      'app.yaml:9: spec.rollout.windows[0].duration: must be between 1m and 744h, got 30s',
      'app.yaml:9: spec.rollout.windows[0].timeZone: "Europe/Berln" is no IANA time zone such as Europe/Berlin or UTC; did you mean Europe/Berlin?',
      'app.yaml:10: spec.rollout.windows[1].schedule: "0 25 * * *" is no cron schedule (Invalid value for hour: 25); use five fields (minute hour day month weekday), for example "0 8 * * 1-5"',
      'app.yaml:10: spec.rollout.windows[1].timeZone: "+02:00" is no IANA time zone such as Europe/Berlin or UTC',
      'app.yaml:10: spec.rollout.windows[1].overun: unknown field; did you mean overrun?',
      'app.yaml:11: spec.rollout.windows[2].schedule: "0 0 31 2 *" never comes; use five fields (minute hour day month weekday), for example "0 8 * * 1-5"',
    ],
  ],
  [
    `    hooks:
      - {kind: cordn}
      - {kind: label, key: nodewave.dev/hold, value: x}
      - {kind: label, key: a, value: "b c"}
      - {kind: cordon, key: a}
      - {kind: job, when: after, template: {containers: []}}
      - cordon
`,
    [
      'app.yaml:9: spec.rollout.hooks[0].kind: expected one of label, annotate, cordon, excludeFromLoadBalancers, settle, job, got "cordn"; did you mean cordon?',
      "app.yaml:10: spec.rollout.hooks[1].key: is one of Nodewave's own; use a key with another prefix than nodewave.dev/",
      'app.yaml:11: spec.rollout.hooks[2].value: expected at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or digit, got "b c"',
      'app.yaml:12: spec.rollout.hooks[3].key: unknown field; expected one of kind',
      'app.yaml:13: spec.rollout.hooks[4].when: expected one of beforeDelete, afterAvailable, got "after"',
      'app.yaml:13: spec.rollout.hooks[4].template: has no spec.containers; expected a pod template such as {spec: {containers: [...]}}',
      'app.yaml:14: spec.rollout.hooks[5]: expected a mapping such as {kind: cordon}, got "cordon"',
    ],
  ],
  [
    `    hooks: [{kind: job, when: beforeDelete, template: {spec: {containers: ["${'x'.repeat(9_000)}"]}}}]\n`,
    [
      'app.yaml:8: spec.rollout.hooks[0].template: is 9028 bytes as JSON; expected at most 8192: put scripts into a ConfigMap',
    ],
  ],
  [
    `    hooks:
      - {kind: cordon}
      - {kind: label, key: node.kubernetes.io/exclude-from-external-load-balancers, value: "yes"}
      - {kind: excludeFromLoadBalancers}
      - {kind: settle, for: 2h}
`,
    ['app.yaml:12: spec.rollout.hooks[3].for: must be between 1s and 1h, got 2h'],
  ],
  [
    `    hooks:
      - {kind: label, key: node.kubernetes.io/exclude-from-external-load-balancers, value: "yes"}
      - {kind: cordon}
      - {kind: excludeFromLoadBalancers}
      - {kind: cordon}
`,
    [
      'app.yaml:11: spec.rollout.hooks[2]: changes label node.kubernetes.io/exclude-from-external-load-balancers again; what is undone would depend on their order',
      'app.yaml:12: spec.rollout.hooks[3]: changes the cordon again; what is undone would depend on their order',
    ],
  ],
  [
    `    batches:
      - {nodes: 50%, select: {matchLabels: {pool: a}}}
      - {nodes: 50%, select: {matchLabels: {pool: b}}}
      - {select: {names: []}}
`,
    ['app.yaml:11: spec.rollout.batches[2].select.names: is empty; expected a list of names'],
  ],
  [
    `    batches:
      - {nodes: 50%, select: {matchLabels: {pool: a}}}
      - {nodes: 50%, select: {matchLabels: {pool: b}}}
      - {nodes: 40%, select: {matchLabels: {pool: a}}}
      - {select: {matchLabels: {pool: a}}}
      - {nodes: 100%}
`,
    [
      'app.yaml:11: spec.rollout.batches[2].nodes: percentages are cumulative: 40% adds no node to the 50% of an earlier batch',
    ],
  ],
])('rollout %j', (rollout, expected) => {
  expect(errorsOf(rollout)).toEqual(expected);
});

test('sync.adopt: force is read, and nothing else', () => {
  const withSync = (adopt: string) =>
    parseApplications(head.replace('  rollout:\n', `  sync: {adopt: ${adopt}}\n`), 'app.yaml');
  expect(withSync('force').specs[0]?.sync.adopt).toBe('force');
  expect(withSync('yes').errors.map(describeError)).toEqual(['app.yaml:7: spec.sync.adopt: expected force, got true']);
});
