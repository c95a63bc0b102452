import { describe, expect, test } from 'vitest';
import { applicationPage, nextCommands } from '../../../cli/render/application.ts';
import { applicationsTable } from '../../../cli/render/applications.ts';
import { deletedLines } from '../../../cli/render/deleted.ts';
import { outcomeLines } from '../../../cli/render/outcome.ts';
import { ClientError } from '../../../client/index.ts';
import type { SyncOutcome } from '../../../domain/wire.ts';
import { applicationStatus, commit, nowMs } from '../fixtures.ts';

const rollout = { namespace: 'monitoring', name: 'log-agent', workflowId: 'rollout:prod:monitoring/log-agent', commit };

test('the table lines up, and one that does not answer hides no other', () => {
  const entries = [
    { name: 'agents', status: applicationStatus({ phase: 'rollingOut', rollouts: [rollout] }), error: null },
    {
      name: 'b',
      status: applicationStatus({ observedCommit: null, observedAtMs: null, syncedCommit: null }),
      error: null,
    },
    { name: 'a-long-name', status: null, error: new ClientError('timeout', 'late', 'wait') },
  ];
  expect(applicationsTable(entries, nowMs)).toEqual([
    'NAME         PHASE       COMMIT   SYNCED   ROLLOUTS  LAST LOOK',
    'agents       rollingOut  ab12cd3  ab12cd3  1         35s',
    'b            waiting     -        -        0         never',
    'a-long-name  no answer   -        -        -         -',
  ]);
});

test('the page shows state, source, rollouts, outcomes and what to do next', () => {
  const status = applicationStatus({
    phase: 'rollingOut',
    sentence: 'Rolling out commit ab12cd3 to monitoring/log-agent.',
    rollouts: [rollout],
    lastDelivery: { deliveryId: 'd', source: 'webhook/github/main', atMs: nowMs - 120_000 },
    recent: [
      {
        commit,
        subject: 'Agent 1.3',
        outcome: 'rolledBack',
        cause: 'CrashLoopBackOff on node-7',
        atMs: nowMs - 3_600_000,
        requestIds: [],
      },
    ],
  });
  expect(applicationPage(status, { 'monitoring/log-agent': 'Batch 1/3 is being replaced.' }, nowMs)).toEqual([
    'agents: rollingOut',
    'Rolling out commit ab12cd3 to monitoring/log-agent.',
    '',
    'source         https://git.example.com/platform/agents.git, branch main, path prod',
    'destination    cluster prod, namespace monitoring',
    'sync           by itself, on each new commit',
    'newest commit  ab12cd3, seen 35s ago',
    'synced commit  ab12cd3',
    'last push      webhook/github/main, 2m ago',
    '',
    'Rollouts',
    '  monitoring/log-agent, commit ab12cd3',
    '    Batch 1/3 is being replaced.',
    '',
    'Recent',
    '  AGO  COMMIT   OUTCOME     SUBJECT    CAUSE',
    '  1h   ab12cd3  rolledBack  Agent 1.3  CrashLoopBackOff on node-7',
    '',
    'Next',
    '  nodewave status ds/log-agent -n monitoring --cluster prod --watch',
  ]);
});

describe('what to do next', () => {
  test('is every command that the sentence names', () => {
    const sentence = 'x is quarantined (y). Push a fix, or run "nodewave release-quarantine agents".';
    expect(nextCommands(applicationStatus({ phase: 'held', sentence }))).toEqual([
      'nodewave release-quarantine agents',
    ]);
  });
  test('is nothing when all is well', () => {
    expect(nextCommands(applicationStatus())).toEqual([]);
  });
});

test.each([
  [{ outcome: 'succeeded', cause: null }, 'application agents: commit ab12cd3 (Agent 1.4) succeeded'],
  [
    { outcome: 'rolledBack', cause: 'it crashed' },
    'application agents: commit ab12cd3 (Agent 1.4) rolledBack: it crashed',
  ],
] as const)('the last line of a sync: %j', (end, line) => {
  expect(outcomeLines('agents', { commit, subject: 'Agent 1.4', atMs: 0, requestIds: [], ...end })).toEqual([line]);
});

test('a sync that never got a commit names none', () => {
  const outcome = {
    commit: '',
    subject: '',
    outcome: 'invalid',
    cause: 'no branch main',
    atMs: 0,
    requestIds: [],
  } as const;
  expect(outcomeLines('agents', { ...outcome, requestIds: [] })).toEqual([
    'application agents: invalid: no branch main',
  ]);
});

describe('why it ended as it did', () => {
  const failed = {
    commit,
    subject: 'Agent 1.4',
    outcome: 'rolledBack',
    cause: 'ImagePullBackOff on node n1',
    diagnosis: {
      cause: 'ImageMissing',
      what: 'The registry has no image agent:2\u001b[31m.',
      confidence: 'high',
      blame: 'release',
      nextStep: 'push the image',
    },
    atMs: nowMs,
    requestIds: [],
  } satisfies SyncOutcome;
  const said = [
    'ImageMissing (confidence high; the release is to blame)',
    '  The registry has no image agent:2[31m.',
    '  Next: push the image',
  ];

  test('stands under the last line of a sync', () => {
    expect(outcomeLines('agents', failed).slice(1)).toEqual(said);
  });

  test('stands on the page, newest first, of three at most', () => {
    const { diagnosis: _none, ...unexplained } = failed;
    const recent = [unexplained, ...['11', '22', '33', '44'].map((start) => ({ ...failed, commit: start + commit }))];
    const page = applicationPage(applicationStatus({ recent }), {}, nowMs);
    expect(page.slice(page.indexOf('Why'))).toEqual([
      'Why',
      ...['11ab12c', '22ab12c', '33ab12c'].flatMap((short) => [`  ${short}:`, ...said.map((line) => `    ${line}`)]),
    ]);
  });
});

test('delete says what stays', () => {
  expect(deletedLines('agents', true, ['monitoring/log-agent runs on'])).toEqual([
    'application agents is deleted; every object that it applied stays on the cluster, and the DaemonSets run on',
    '  monitoring/log-agent runs on',
  ]);
  expect(deletedLines('agents', false, [])[0]).toContain('is being deleted');
});
