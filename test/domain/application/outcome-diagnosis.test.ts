import { describe, expect, test } from 'vitest';
import { detailsLimitBytes, detailsOf } from '../../../domain/application/details.ts';
import { readFinished } from '../../../domain/application/finished.ts';
import { finishRollout, openRun, recordOutcome, settleRuns } from '../../../domain/application/runs.ts';
import { type ActiveRollout, type ApplicationState, startState } from '../../../domain/application/state.ts';
import { statusOf } from '../../../domain/application/status.ts';
import { type BriefDiagnosis, briefOf, readBrief } from '../../../domain/diagnosis/brief.ts';
import { utf8Length } from '../../../domain/markdown.ts';
import type { RolloutFinished } from '../../../domain/wire.ts';
import { input } from '../rollout/states.ts';

const commit = '1'.repeat(40);
const label = 'monitoring/agent';

const brief: BriefDiagnosis = {
  cause: 'ImageMissing',
  what: 'The registry has no image agent:2.',
  confidence: 'high',
  blame: 'release',
  nextStep: 'push the image',
};

const running: ActiveRollout = {
  namespace: 'monitoring',
  name: 'agent',
  workflowId: 'rollout:prod:monitoring/agent',
  rollout: 1_000,
  mode: 'update',
  commit,
  subject: 'one',
  templateDigest: 't1',
  quarantineKey: 'k1',
  by: 'git',
  supersededBy: null,
};

const finished: RolloutFinished = {
  namespace: 'monitoring',
  daemonset: 'agent',
  rollout: 1_000,
  commit,
  outcome: 'rolledBack',
  cause: 'ImagePullBackOff on node n1',
  diagnosis: brief,
  templateDigest: 't1',
};

function state(): ApplicationState {
  const fresh = { ...startState({ v: 1, name: 'agents', spec: input().spec }), pending: null, active: [running] };
  openRun(fresh, commit, 'one', { requestIds: [] }).waits[label] = 1_000;
  return fresh;
}

describe('why a rollout failed', () => {
  test('stands in the outcome of its sync, and on the page of the application', () => {
    const application = state();
    const told = readFinished(JSON.parse(JSON.stringify(finished)));
    expect(told).toEqual(finished);
    if (told !== null) finishRollout(application, told, 5);
    expect(statusOf(application).recent).toMatchObject([{ outcome: 'rolledBack', diagnosis: brief }]);
    expect(detailsOf(application)).toContain('**ImageMissing** (confidence high)');
    expect(detailsOf(application)).toContain('Next: push the image');
  });

  test('is not in the outcome of one that ended without, as those of older workers do', () => {
    const application = state();
    const { diagnosis: _none, ...older } = finished;
    const told = readFinished(older);
    if (told !== null) finishRollout(application, told, 5);
    expect(statusOf(application).recent[0]).not.toHaveProperty('diagnosis');
  });

  test('is that of the DaemonSet that decides the outcome', () => {
    const application = state();
    const run = openRun(application, commit, 'one', { requestIds: [] });
    run.waits = {};
    run.results = {
      a: { outcome: 'superseded', cause: null, diagnosis: { ...brief, cause: 'Crash' } },
      b: { outcome: 'rolledBack', cause: 'x', diagnosis: brief },
      c: { outcome: 'succeeded', cause: null },
    };
    settleRuns(application, 5);
    expect(application.recent).toMatchObject([{ outcome: 'rolledBack', diagnosis: { cause: 'ImageMissing' } }]);
  });

  test('is the first of what the rollout has found', () => {
    const located = { ...brief, evidence: ['e'], spread: '1 of 1', pod: 'agent-x', node: 'n1' };
    expect(briefOf([located, { ...located, cause: 'Crash' }])).toEqual(brief);
    expect(briefOf([])).toBeUndefined();
    expect(briefOf(undefined)).toBeUndefined();
  });
});

describe('whoever may send a signal may write anything into it', () => {
  test('texts are cut and secrets masked', () => {
    const secret = 'password=hunter2hunter2';
    const read = readBrief({
      ...brief,
      cause: 'C'.repeat(5_000),
      what: `${secret} ${'x'.repeat(5_000)}`,
      nextStep: secret,
    });
    expect(JSON.stringify(read)).not.toContain('hunter2');
    expect(JSON.stringify(read).length).toBeLessThan(800);
  });

  test.each([
    [undefined],
    [null],
    ['ImageMissing'],
    [[]],
    [{}],
    [{ ...brief, what: 7 }],
    [{ ...brief, cause: undefined }],
    [{ ...brief, confidence: 'certain' }],
  ])('%j is no diagnosis, and the end of the rollout counts all the same', (diagnosis) => {
    expect(readBrief(diagnosis)).toBeNull();
    expect(readFinished({ ...finished, diagnosis })).toMatchObject({ outcome: 'rolledBack' });
    expect(readFinished({ ...finished, diagnosis })).not.toHaveProperty('diagnosis');
  });

  test('what is missing beside the sentence is made up for, not believed', () => {
    expect(readBrief({ cause: 'Crash', what: 'w', confidence: 'low', blame: 'you' })).toEqual({
      cause: 'Crash',
      what: 'w',
      confidence: 'low',
      blame: 'unclear',
      nextStep: '',
    });
  });

  test('the page of the application stays under its limit', () => {
    const application = state();
    const long = '🦀*'.repeat(150);
    for (let atMs = 0; atMs < 20; atMs++) {
      const diagnosis = { ...brief, what: long, nextStep: long };
      recordOutcome(application, {
        commit,
        subject: long,
        outcome: 'failed',
        cause: long,
        diagnosis,
        atMs,
        requestIds: [],
      });
    }
    expect(utf8Length(detailsOf(application))).toBeLessThan(detailsLimitBytes);
    expect(utf8Length(JSON.stringify(statusOf(application)))).toBeLessThan(128 * 1024);
  });
});
