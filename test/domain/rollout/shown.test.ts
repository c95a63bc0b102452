import { describe, expect, test } from 'vitest';
import { keepBest, type LocatedDiagnosis } from '../../../domain/diagnosis/explanation.ts';
import { gates } from '../../../domain/gates/parse.ts';
import type { GateSpec } from '../../../domain/gates/types.ts';
import { utf8Length } from '../../../domain/markdown.ts';
import { rolloutDetails, rolloutDetailsLimitBytes } from '../../../domain/rollout/details.ts';
import { offered } from '../../../domain/rollout/hold.ts';
import type { RolloutInput } from '../../../domain/rollout/input.ts';
import { endPhases, livePhases, type Phase } from '../../../domain/rollout/phases.ts';
import { sentenceOf } from '../../../domain/rollout/sentence.ts';
import { initialState, type RolloutState } from '../../../domain/rollout/state.ts';
import { statusOf } from '../../../domain/rollout/status.ts';
import { finding, input, plan, state } from './states.ts';

const phases: Phase[] = [...livePhases, ...endPhases];
const progress = { eligible: 60, done: 12, inFlight: 3, out: 3, deferred: 2, exposed: 1, batchGoal: 15 };

/** Why a gate is red. */
function diagnosis(change: Partial<LocatedDiagnosis> = {}): LocatedDiagnosis {
  return {
    cause: 'ImageMissing',
    what: 'The image does not exist.',
    evidence: ['status of container agent: ImagePullBackOff: <b>not found</b>'],
    confidence: 'high',
    blame: 'release',
    nextStep: 'Push the image.',
    spread: '1 of 1 updated node',
    pod: 'agent-x7k2p',
    node: 'n1',
    ...change,
  };
}

/** As long as the parser, the batch result and the messages let it become, in characters that take most room. */
function worst(wide: string): Partial<RolloutState> {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `${at}-`.padEnd(253, 'n.'));
  const long = wide.repeat(400);
  const batches = Array.from({ length: 200 }, (_, at) => ({
    name: `${at}${wide.repeat(60)}`,
    nodes: `1 per ${'label.example.com/'.padEnd(300, 'x')}`,
    goal: 5_000,
    soakMs: 86_400_000,
    approval: 'before' as const,
    zones: Object.fromEntries(Array.from({ length: 8 }, (_, zone) => [`${zone}`.padEnd(63, '_'), 5_000])),
    pools: Object.fromEntries(Array.from({ length: 8 }, (_, pool) => [`${pool}`.padEnd(63, '.'), 5_000])),
  }));
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`${at}`.padEnd(63, '_'), 5_000]));
  return {
    plan: {
      ...plan,
      batches,
      census: { eligible: 5_000, zones: many, pools: many },
      notes: Array.from({ length: 20 }, () => long),
    },
    batch: 100,
    progress,
    zones: Array.from({ length: 50 }, (_, at) => ({ value: `${at}`.padEnd(63, '_'), eligible: 5_000, done: 4_999 })),
    findings: names(10).map((name) => finding(name, { cause: long, evidence: long, nextStep: long, pod: name })),
    // A rollout keeps what fits into four kilobytes.
    diagnoses: keepBest(names(3).map((pod) => diagnosis({ what: wide.repeat(150), nextStep: wide.repeat(150), pod }))),
    deferred: names(20),
    aside: (['deferred', 'kept'] as const).flatMap((kind) =>
      names(20).map((node) => ({ node, kind, why: wide.repeat(60) })),
    ),
    exposed: names(200),
    tolerated: names(10).map((name) => finding(name, { evidence: long, nextStep: long, pod: name })),
    touched: names(200),
    touchedCount: 5_000,
    why: `Why: ${long.repeat(9)}`,
    cause: long.repeat(9),
    log: Array.from({ length: 40 }, (_, at) => ({ atMs: at, by: wide.repeat(200), what: long })),
  };
}

const longInput = (wide: string) =>
  withGates(gatesNamed(Array.from({ length: 20 }, (_, at) => `${at}`.padEnd(63, 'g'))), {
    application: 'a'.repeat(63),
    ref: { cluster: 'c'.repeat(63), namespace: 'n'.repeat(63), name: 'd.'.repeat(126) },
    subject: wide.repeat(120),
  });

/** As many and as long as a soak reports them. */
const worstReports = (wide: string): Partial<RolloutState> => ({
  gates: Array.from({ length: 20 }, (_, at) => ({
    name: `${at}`.padEnd(63, 'g'),
    kind: 'prometheus',
    state: 'inconclusive',
    sentence: wide.repeat(300),
  })),
  soakUntilMs: 0,
});

/** Gates as a policy file states them. */
function gatesNamed(names: readonly string[], change: object = {}): GateSpec[] {
  return gates.parse(names.map((name) => ({ name, pods: { maxRestarts: 0 }, ...change })));
}

function withGates(all: GateSpec[], change: Partial<RolloutInput> = {}): RolloutInput {
  const { sync, spec } = input();
  return input({ sync: { ...sync, policy: { ...spec.rollout, gates: all } }, ...change });
}

describe('gates on the page', () => {
  const all = [
    ...gatesNamed(['still'], { interval: '10s', initialDelay: '2m', count: 2, failureLimit: 0 }),
    ...gatesNamed(['later'], { batches: ['quarter'] }),
    ...gates.parse([{ name: 'rest', logs: {} }]),
  ];
  const soaks = { soakUntilMs: Date.UTC(2026, 0, 31, 12) };
  const report = { name: 'still', kind: 'pods', state: 'passed', sentence: '2 successful measurements' } as const;

  test('while a batch soaks: those that it is held against, when they are asked, and where to watch them', () => {
    const page = rolloutDetails(withGates(all), state('soaking', soaks));
    for (const part of [
      'Gates that are asked now',
      '- still (pods): every 10s, first after 2m; passes with 2 successful, one failure fails it',
      '- rest (logs): ',
      'The soak lasts until 2026-01-31 12:00:00Z at the earliest.',
      'How the gates stand now: "nodewave status ds/agent \\-n monitoring \\-\\-cluster prod \\-\\-watch".',
    ]) {
      expect(page).toContain(part);
    }
    expect(page).not.toContain('- later');
    expect(page).not.toContain('as last reported');
  });

  test('after the last batch none that compares with last good, and none that a person has passed', () => {
    const last = state('soaking', { ...soaks, batch: 2, ignoredGates: ['still'] });
    expect(rolloutDetails(withGates(all), last)).not.toMatch(/asked now|- rest|- still/);
    expect(rolloutDetails(withGates(all), last)).toContain('The soak lasts until');
    expect(sentenceOf(withGates(all), last)).not.toContain('must pass');
    expect(sentenceOf(withGates(all), state('soaking', soaks))).toContain('gates still, rest must pass');
  });

  test('what a soak came to stays, also while the next one runs', () => {
    const line = '- still (pods): **passed**, 2 successful measurements';
    for (const phase of ['soaking', 'stopped', 'rolling'] as const) {
      const page = rolloutDetails(withGates(all), state(phase, { ...soaks, gates: [report] }));
      expect(page).toContain(`Gates, as last reported\n\n${line}`);
      expect(page.includes('asked now')).toBe(phase === 'soaking');
    }
  });

  test('a rollout without gates says only how long it soaks', () => {
    const page = rolloutDetails(input(), state('soaking', soaks));
    expect(page).toContain('The soak lasts until');
    expect(page).not.toContain('Gates');
  });
});

describe('the page in the Temporal UI', () => {
  test('says why a gate is red, and so does the status; nothing where nobody knows', () => {
    const failed = state('rollingBack', { findings: [finding('n1')], diagnoses: [diagnosis()] });
    expect(statusOf(input(), failed).diagnoses).toEqual([diagnosis()]);
    const page = rolloutDetails(input(), failed);
    expect(page).toContain('**ImageMissing** (confidence high, blame release): The image does not exist\\.');
    expect(page).toContain('&lt;b&gt;not found');
    expect(page).toContain('Next: Push the image\\.');
    const unknown = state('rollingBack', { findings: [finding('n1')] });
    expect(statusOf(input(), unknown)).not.toHaveProperty('diagnoses');
    expect(rolloutDetails(input(), unknown)).not.toContain('Diagnosis');
  });

  test.each(phases)('%s: stays small with all that can be said, whatever the letters', (phase) => {
    for (const wide of ['x', '&', '<', '`', '🚀', '漢', '\u0000']) {
      const page = rolloutDetails(longInput(wide), state(phase, { ...worst(wide), ...worstReports(wide) }));
      expect(utf8Length(page)).toBeLessThan(rolloutDetailsLimitBytes);
      // Something is left: the sentence, and what can be sent.
      expect(page).toMatch(/^\*\*[A-Z]/);
      for (const message of offered(state(phase), false)) expect(page).toContain(`\`${message}\``);
    }
  });

  test.each(phases)('%s: is made in a state that has only begun', (phase) => {
    const begun = { ...initialState(), phase };
    expect(rolloutDetails(input(), begun)).toMatch(/^\*\*[A-Z]/);
    expect(rolloutDetails(input(), { ...begun, plan: { ...plan, batches: [] }, batch: 9 })).toContain('Plan');
  });

  test('shows the plan, where it stands, counts, gates, what can be sent and who did what', () => {
    const page = rolloutDetails(
      input(),
      state('awaitingApprovalAfter', {
        plan: {
          ...plan,
          census: { ...plan.census, pools: { gpu: 4 } },
          batches: plan.batches.map((one, at) =>
            at === 0 ? { ...one, zones: { a: 1, b: 1, c: 1 }, pools: { gpu: 1 } } : one,
          ),
        },
        progress: { ...progress, kept: 1, failing: 1 },
        aside: [
          { node: 'n3', kind: 'deferred', why: 'NotReady' },
          { node: 'n7', kind: 'kept', why: 'label nodewave.dev/hold' },
        ],
        zones: [{ value: 'eu-1', eligible: 20, done: 4 }],
        findings: [finding('n1')],
        log: [{ atMs: 0, by: 'ann', what: 'pause (now)' }],
      }),
    );
    for (const part of [
      'Plan `01234567`: 60 eligible nodes, at most 6 out at once; a 20, b 20, c 20; pools gpu 4',
      '| 1 | canary | 1 per topology\\.kubernetes\\.io/zone | 3 | a 1, b 1, c 1; pools gpu 1 | 60 s | after | awaitingApprovalAfter |',
      '| 2 | quarter | 25% | 15 |  |  | before |  |',
      '12 of 60 nodes on the target, 3 in flight, 3 out, 2 deferred, 1 exposed, 1 kept as they are, 1 failing within the failure budget. Zones: eu\\-1 4/20',
      'Left alone: n3\\: NotReady, n7\\: label nodewave\\.dev/hold',
      '**CrashLoopBackOff** on n1: exited with code 1. Next: read the logs',
      '- `approve` `{"by":"you@example.com","reason":"why","plan":"01234567"}`',
      '- 1970-01-01 00:00:00Z ann: pause \\(now\\)',
    ]) {
      expect(page).toContain(part);
    }
  });

  test('of many batches shows those around the running one, and says so', () => {
    const batches = Array.from({ length: 90 }, (_, at) => ({ name: `b${at}`, nodes: '1', goal: at, soakMs: 0 }));
    for (const batch of [0, 45, 89]) {
      const page = rolloutDetails(input(), state('rolling', { batch, plan: { ...plan, batches } }));
      expect(page).toContain(`| ${batch + 1} | b${batch} | 1 | ${batch} |  |  |  | rolling |`);
      expect(page).toContain('75 of 90 batches are not shown.');
    }
  });

  test('nothing that git or a person wrote takes effect', () => {
    const evil =
      '</b><img src=x onerror=alert(1)> [x](javascript:alert(1)) `code` |\n# head\n- item https://evil.example';
    const page = rolloutDetails(
      input({ subject: evil, application: evil }),
      state('stopped', {
        plan: { ...plan, batches: [{ name: evil, nodes: evil, goal: 1, soakMs: 0 }], notes: [evil] },
        progress,
        zones: [{ value: evil, eligible: 1, done: 1 }],
        findings: [finding(evil, { cause: evil, evidence: evil, nextStep: evil })],
        why: evil,
        log: [{ atMs: 0, by: evil, what: evil }],
      }),
    );
    expect(page).not.toMatch(/<img|<\/b>/);
    expect(page).not.toMatch(/\]\(javascript/);
    expect(page).not.toMatch(/^# head/m);
    expect(page).not.toContain('https://evil');
    expect(page).not.toMatch(/(^|[^\\])`code/);
  });
});

describe('the sentence', () => {
  test.each(phases)('%s: one or two whole sentences, whatever is known', (phase) => {
    const said = [
      sentenceOf(input(), { ...initialState(), phase }),
      sentenceOf(input(), state(phase)),
      sentenceOf(
        input(),
        state(phase, { why: 'The API server does not answer.', cause: 'OOMKilled on node n1', deferred: ['n9'] }),
      ),
    ];
    for (const sentence of said) {
      expect(sentence).toMatch(/^[A-Z].*[.…]$/s);
      expect(sentence).not.toMatch(/undefined|null| {2}|: \.|\.\.|: [A-Z]?\w* ?\. /);
    }
    expect(sentenceOf(input(), state(phase, worst('x'))).length).toBeLessThan(2_500);
  });

  test.each<[Phase, Partial<RolloutState>, string]>([
    ['rolling', { batch: 1 }, 'Batch 2/3 (quarter, 15 nodes) is being replaced.'],
    [
      'rolling',
      { batch: 1, intent: { kind: 'pause', by: 'x', reason: '', mode: 'afterBatch' } },
      'Batch 2/3 (quarter, 15 nodes) is being replaced; it pauses after this batch.',
    ],
    [
      'rolling',
      { batch: 1, intent: { kind: 'pause', by: 'x', reason: '', mode: 'now' } },
      'Batch 2/3 (quarter, 15 nodes) is being replaced; it pauses now.',
    ],
    [
      'waiting',
      { batch: 1, why: 'no allow window is open until 2026-11-25 08:00 Europe/Berlin' },
      'Waits: no allow window is open until 2026-11-25 08:00 Europe/Berlin. Batch 2/3 (quarter, 15 nodes) goes on by itself; no further node is taken until then.',
    ],
    ['stopped', { why: 'a gate failed' }, 'Stopped: a gate failed. Waits for resume, retry, rollback or abort.'],
    ['paused', { why: 'paused by ann.' }, 'Paused: paused by ann. No pod is deleted until someone sends resume.'],
    [
      'awaitingApprovalBefore',
      { batch: 1, why: 'The approval is void: zone d appeared' },
      'The approval is void: zone d appeared. Waits for an approval of plan 01234567 before Batch 2/3 (quarter, 15 nodes); no pod is deleted until then.',
    ],
    ['rolledBack', { cause: 'CrashLoopBackOff on node n1' }, 'Rolled back: CrashLoopBackOff on node n1.'],
    ['succeeded', { deferred: ['n1', 'n2'] }, 'Succeeded, 2 deferred (n1, n2).'],
    [
      'succeeded',
      {
        deferred: ['n3', 'n5'],
        aside: [
          { node: 'n3', kind: 'deferred', why: 'NotReady' },
          { node: 'n5', kind: 'deferred', why: 'being drained by Karpenter' },
          { node: 'n7', kind: 'kept', why: 'label nodewave.dev/hold' },
        ],
        tolerated: [finding('n9')],
      },
      'Succeeded, 2 deferred (n3: NotReady, n5: being drained by Karpenter), 1 kept as they are (n7: label nodewave.dev/hold), 1 failing within the failure budget (n9: CrashLoopBackOff).',
    ],
    // The list of names is bounded, the count is not.
    [
      'succeeded',
      { progress: { ...progress, deferred: 31 }, aside: [{ node: 'n3', kind: 'deferred', why: 'NotReady' }] },
      'Succeeded, 31 deferred (n3: NotReady, …).',
    ],
    [
      'aborted',
      { cause: 'aborted by ann', touchedCount: 3 },
      'Aborted: aborted by ann. 3 nodes had been touched and keep their pods.',
    ],
  ])('%s %j', (phase, change, expected) => {
    expect(sentenceOf(input(), state(phase, change))).toBe(expected);
  });

  test('says what new pods get while an approval is waited for', () => {
    expect(sentenceOf(input(), state('awaitingApprovalAfter'))).toContain('get last good meanwhile');
    expect(sentenceOf(input(), state('awaitingApprovalAfter', { windowOpen: true }))).not.toContain('last good');
  });
});

describe('the status', () => {
  test.each(phases)('%s: fits into a payload and says what would be accepted', (phase) => {
    const status = statusOf(longInput('x'), state(phase, { ...worst('x'), plan: { ...plan } }));
    expect(utf8Length(JSON.stringify(status))).toBeLessThan(2 ** 17);
    expect(status.accepts).toEqual(offered(state(phase), false));
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
  });

  test('before there is a plan', () => {
    expect(statusOf(input(), initialState())).toMatchObject({
      phase: 'planning',
      planDigest: null,
      fromHash: null,
      batches: [],
      budget: 0,
      progress: null,
      nodesTouched: [],
    });
  });
});
