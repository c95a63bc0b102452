import { describe, expect, test } from 'vitest';
import { canSend } from '../../../cli/render/can-send.ts';
import { rolloutLine, waitingLines } from '../../../cli/render/lines.ts';
import { batches, progressLines, rolloutPage, sentenceOf } from '../../../cli/render/rollout.ts';
import { acceptedIn } from '../../../domain/rollout/message-table.ts';
import { livePhases } from '../../../domain/rollout/phases.ts';
import { nowMs, progress, rolloutView } from '../fixtures.ts';

test('the page shows sentence, batches, progress, nodes, log and what can be sent', () => {
  expect(rolloutPage(rolloutView(), nowMs)).toEqual([
    'monitoring/log-agent on cluster prod: awaitingApprovalAfter',
    'Batch 1/3 (canary, 3 nodes) has passed its gates; waits for an approval of plan 0123abcd to go on.',
    '',
    'application  agents',
    'commit       ab12cd3, template 5d4f8c -> 6b7a9d',
    'plan         0123abcd',
    'budget       at most 6 nodes out at once',
    '',
    '     #  BATCH    NODES       GOAL  SOAK   APPROVAL',
    '[>]  1  canary   1 per zone  3     1m30s  after',
    '[ ]  2  batch 2  25%         15    -      -',
    '[ ]  3  rest     100%        60    -      -',
    '',
    'Progress: 3/60 nodes on the target, 2 in flight, 2 out',
    '  zone-a  ##..................  2/20',
    '  zone-b  ....................  1/40',
    '',
    'Touched nodes: node-1, node-2, node-3',
    '',
    'Log',
    '  2026-01-31 11:59:00Z  git  started',
    '',
    'Can be sent now',
    '  nodewave approve ds/log-agent -n monitoring --cluster prod --plan 0123abcd  # go on with this plan',
    '  nodewave reject ds/log-agent -n monitoring --cluster prod --plan 0123abcd   # do not go on: touched nodes go back to last good',
    '  nodewave pause ds/log-agent -n monitoring --cluster prod                    # delete no further pod',
  ]);
});

describe('marks of the batches', () => {
  test.each([
    ['rolling', 1, ['[x]', '[>]', '[ ]']],
    ['succeeded', 2, ['[x]', '[x]', '[x]']],
    ['stopped', 1, ['[x]', '[!]', '[ ]']],
    ['rolledBack', 1, ['[x]', '[!]', '[ ]']],
  ] as const)('%s in batch %d', (phase, batch, marks) => {
    const ended = phase === 'succeeded' || phase === 'rolledBack';
    const [, ...rows] = batches(rolloutView({ phase, batch, running: !ended }));
    expect(rows.map((row) => row.slice(0, 3))).toEqual(marks);
  });
});

test('the running batch reports newer progress than the workflow, and says how old it is', () => {
  const live = {
    atMs: nowMs - 2_000,
    attempt: 1,
    progress: { ...progress, done: 11, deferred: 1, exposed: 2 },
    zones: [{ value: 'zone-a', eligible: 20, done: 20 }],
    deferred: ['node-9'],
    outage: 'half of the nodes are NotReady',
    blocked: null,
  };
  expect(progressLines(rolloutView({ live }), nowMs)).toEqual([
    'Progress (reported 2s ago): 11/60 nodes on the target, 2 in flight, 2 out, 1 deferred, 2 exposed',
    '  zone-a  ####################  20/20',
    'Nothing is deleted now: half of the nodes are NotReady',
    'Set aside: node-9',
  ]);
  const stuck = { ...live, outage: null, deferred: [], blocked: '3 nodes have no available pod' };
  expect(progressLines(rolloutView({ live: stuck }), nowMs).at(-1)).toBe(
    'Nothing is deleted now: 3 nodes have no available pod',
  );
});

test('S23: a soak tells when it ends and, once it has started anew, since when and why', () => {
  const live = { atMs: nowMs, attempt: 1, progress, zones: [], deferred: [], outage: null, blocked: null };
  const line = (soak: object) =>
    progressLines(
      rolloutView({ phase: 'soaking', zones: [], live: { ...live, soak: { untilMs: nowMs + 90_000, ...soak } } }),
      nowMs,
    ).at(-1);
  expect(line({})).toBe('Soaks until 12:01:30Z, for 1m30s more');
  const anew = { atMs: nowMs - 2_000, times: 1, why: 'container agent on node n7 restarted' };
  expect(line({ anew })).toBe(
    'Soaks until 12:01:30Z, for 1m30s more; started anew 11:59:58Z: container agent on node n7 restarted',
  );
  expect(line({ anew: { ...anew, times: 3 } })).toContain('started anew 11:59:58Z (3 times so far): container agent');
});

test('nodes that it leaves alone, lets fail or finds exposed are named, each with the reason', () => {
  const progress = {
    eligible: 9,
    done: 4,
    inFlight: 0,
    out: 1,
    deferred: 1,
    exposed: 1,
    batchGoal: 9,
    kept: 1,
    failing: 1,
  };
  const view = rolloutView({
    live: null,
    progress,
    zones: [],
    aside: [
      { node: 'n3', kind: 'deferred', why: 'NotReady' },
      { node: 'n7', kind: 'kept', why: 'label nodewave.dev/hold' },
    ],
    tolerated: [{ cause: 'NotReadyInTime', node: 'n5', pod: 'p', evidence: 'e', nextStep: 's' }],
    exposed: ['n8'],
    census: { eligible: 9, zones: { a: 5, b: 4 }, pools: { gpu: 2 } },
  });
  expect(progressLines(view, nowMs)).toEqual([
    'Progress: 4/9 nodes on the target, 0 in flight, 1 out, 1 deferred, 1 exposed, 1 kept, 1 failing',
    'Set aside: n3 (NotReady)',
    'Kept as they are: n7 (label nodewave.dev/hold)',
    'Failing within the failure budget: n5 (NotReadyInTime)',
    'On the new template without having been taken: n8',
  ]);
  const page = rolloutPage(view, nowMs);
  expect(page.filter((line) => /^(nodes|zones|pools) /.test(line))).toEqual([
    'nodes        9 eligible',
    'zones        a 5, b 4',
    'pools        gpu 2',
  ]);
});

test('a finding has cause, evidence and next step, with nothing that a terminal acts on', () => {
  const finding = {
    cause: 'CrashLoopBackOff',
    node: 'node-7',
    pod: 'log-agent-x',
    evidence: 'container agent exited with 1:\u001b[2J panic',
    nextStep: 'See the container log',
  };
  const page = rolloutPage(rolloutView({ findings: [finding] }), nowMs);
  const at = page.indexOf('Findings');
  expect(page.slice(at, at + 4)).toEqual([
    'Findings',
    '  CrashLoopBackOff on node node-7, pod log-agent-x',
    '    container agent exited with 1:[2J panic',
    '    Next: See the container log',
  ]);
});

test('many nodes are counted, not listed', () => {
  const nodesTouched = Array.from({ length: 40 }, (_, index) => `n${index}`);
  const line = rolloutPage(rolloutView({ nodesTouched }), nowMs).find((text) => text.startsWith('Touched'));
  expect(line).toBe('Touched nodes: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11 and 28 more');
});

test('a workflow that was terminated is not shown as if it still worked', () => {
  const view = rolloutView({
    running: false,
    execution: 'TERMINATED',
    phase: 'rolling',
    sentence: 'It is being replaced.',
  });
  expect(sentenceOf(view)).toContain('ended from outside (TERMINATED) in phase rolling');
  expect(sentenceOf(view)).toContain('nodewave sync agents');
});

test.each(livePhases)('in phase %s every message that is accepted has a command', (phase) => {
  const accepts = acceptedIn(phase);
  const lines = canSend(rolloutView({ phase, accepts }));
  // An override is offered where a window may hold the rollout, though it is taken nearly always.
  const shown = accepts.filter((message) => message !== 'overrideWindow' || phase === 'waiting');
  const kebab = (name: string) => name.replace('overrideWindow', 'override-window');
  expect(lines.slice(1).map((line) => line.split(' ')[3])).toEqual(shown.map(kebab));
});

describe('once it has ended, the application takes messages', () => {
  test.each([
    ['succeeded', 'nodewave rollback agents --daemonset monitoring/log-agent --reason WHY'],
    ['rolledBack', 'nodewave release-quarantine agents --daemonset monitoring/log-agent'],
    ['aborted', 'nodewave retry agents --daemonset monitoring/log-agent'],
    ['failed', 'nodewave retry agents --daemonset monitoring/log-agent'],
    ['rollbackFailed', 'nodewave retry agents --daemonset monitoring/log-agent'],
  ] as const)('%s', (outcome, command) => {
    const [heading, line] = canSend(rolloutView({ outcome, phase: outcome, running: false, accepts: [] }));
    expect(heading).toBe('It has ended; can be sent to its application');
    expect(line).toContain(`  ${command}  # `);
  });
  test('superseded: the next rollout is under way, and nothing is to be sent', () => {
    expect(canSend(rolloutView({ outcome: 'superseded', phase: 'superseded', accepts: [] }))).toEqual([]);
  });
});

describe('on the way back', () => {
  test('nodes are counted on last good', () => {
    const lines = progressLines(rolloutView({ phase: 'rolledBack', progress: { ...progress, done: 60 } }), nowMs);
    expect(lines[0]).toBe('Progress: 60/60 nodes on last good, 2 in flight, 2 out');
  });
  test('counts of the way forward are not shown as if they were its own', () => {
    expect(progressLines(rolloutView({ phase: 'rollingBack' }), nowMs)).toEqual([]);
  });
});

describe('one line while it is followed', () => {
  test('with counts while it runs', () => {
    expect(rolloutLine(rolloutView({ phase: 'rolling', sentence: 'Batch 2/3 is being replaced.' }))).toBe(
      'monitoring/log-agent  rolling: Batch 2/3 is being replaced. [3/60 nodes on the target, 2 in flight, 2 out]',
    );
  });
  test('without them in the end', () => {
    expect(
      rolloutLine(rolloutView({ phase: 'succeeded', outcome: 'succeeded', sentence: 'Succeeded.', running: false })),
    ).toBe('monitoring/log-agent  succeeded: Succeeded.');
  });
  test('what waits for a person comes with what to send', () => {
    expect(waitingLines(rolloutView())).toHaveLength(3);
    expect(waitingLines(rolloutView({ phase: 'rolling' }))).toEqual([]);
  });
});
