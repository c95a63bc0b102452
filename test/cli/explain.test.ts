import { describe, expect, test, vi } from 'vitest';
import type { Explanation, LocatedDiagnosis } from '../../domain/diagnosis/explanation.ts';
import { applicationStatus, rolloutView } from './fixtures.ts';
import { clientError, invoke } from './harness.ts';

const missing: LocatedDiagnosis = {
  cause: 'ImageMissing',
  what: 'The image agent:2 does not exist in the registry.',
  evidence: ['status of container agent: ImagePullBackOff: agent:2 not found', 'event Failed: \u001b[31mnot found'],
  confidence: 'high',
  blame: 'release',
  nextStep: 'Push the image, or correct its name in git.',
  spread: '3 of 3 updated nodes; all 9 others are well',
  pod: 'log-agent-x7k2p',
  node: 'node-1',
};
const seen: Explanation = {
  sentence: '3 of 12 pods of monitoring/log-agent are not well.',
  diagnoses: [{ ...missing, cause: 'OutOfMemory' }],
  changes: ['spec.containers[name=agent].image: agent:1 -> agent:2'],
  gaps: ['logs: who may not get pods/log in namespace monitoring; apply deploy/rbac-diagnosis.yaml'],
};
const nothing: Explanation = { sentence: 'All 12 pods are well.', diagnoses: [], changes: [], gaps: [] };

const where = ['-n', 'monitoring', '--cluster', 'prod'];
const rolledBack = rolloutView({ phase: 'rolledBack', outcome: 'rolledBack', running: false, diagnoses: [missing] });

describe('explain ds/NAME', () => {
  test('a rollout that has ended answers with what it kept, and no worker is asked', async () => {
    const { code, out } = await invoke(['explain', 'ds/log-agent', ...where], {
      rolloutStatus: async () => rolledBack,
    });
    expect(code).toBe(0);
    expect(out).toContain('commit ab12cd3 ended as rolledBack; seen when its gate turned red');
    expect(out).toContain(
      'ImageMissing (confidence high; the release is to blame)\n  The image agent:2 does not exist',
    );
    expect(out).toContain('Where: pod log-agent-x7k2p, node node-1, 3 of 3 updated nodes; all 9 others are well');
    expect(out).toContain('- event Failed: [31mnot found\n');
    expect(out).toContain('Next: Push the image, or correct its name in git.');
  });

  test('with --now, or while the rollout runs, the cluster is asked; what could not be read is said', async () => {
    const explain = vi.fn().mockResolvedValue(seen);
    const now = await invoke(['explain', 'ds/log-agent', ...where, '--now'], {
      rolloutStatus: async () => rolledBack,
      explain,
    });
    expect(explain).toHaveBeenCalledWith('agents', { daemonset: 'monitoring/log-agent' });
    expect(now.out).toContain('OutOfMemory');
    expect(now.out).toContain('This release changes\n  spec.containers[name=agent].image: agent:1 -> agent:2');
    expect(now.out).toContain('Could not be read\n  logs: who may not get pods/log');
    const running = await invoke(['explain', 'ds/log-agent', ...where, '-o', 'json'], {
      rolloutStatus: async () => rolloutView({ diagnoses: [missing] }),
      explain,
    });
    expect(running.json()).toMatchObject({ from: 'cluster', sentence: seen.sentence, diagnoses: seen.diagnoses });
  });

  test('while it rolls back, and when nobody can look, what it kept is better than nothing', async () => {
    const rolloutStatus = async () => rolloutView({ phase: 'rollingBack', diagnoses: [missing] });
    const gone = await invoke(['explain', 'ds/log-agent', ...where, '-o', 'json'], {
      rolloutStatus,
      explain: async () => nothing,
    });
    expect(gone.json()).toMatchObject({ from: 'rollout', diagnoses: [{ cause: 'ImageMissing' }] });
    const away = await invoke(['explain', 'ds/log-agent', ...where, '-o', 'json'], {
      rolloutStatus,
      explain: async () => {
        throw clientError('timeout', 'no worker runs');
      },
    });
    expect(away.code).toBe(0);
    expect(away.json()).toMatchObject({ from: 'rollout', gaps: ['the cluster was not asked: no worker runs'] });
  });

  test('a DaemonSet that never had a rollout is looked at; a well one says so', async () => {
    const { code, out } = await invoke(['explain', 'ds/log-agent', ...where], {
      rolloutStatus: async () => {
        throw clientError('notFound');
      },
      listRollouts: async () => [],
      listApplications: async () => [{ name: 'agents', status: applicationStatus(), error: null }],
      explain: async () => nothing,
    });
    expect(code).toBe(0);
    expect(out).toContain('All 12 pods are well.\n\nNothing to explain.');
  });

  test('nobody answers: exit code 3', async () => {
    const { code, err } = await invoke(['explain', 'ds/log-agent', ...where], {
      rolloutStatus: async () => rolloutView(),
      explain: async () => {
        throw clientError('timeout', 'no worker runs');
      },
    });
    expect(code).toBe(3);
    expect(err).toContain('no worker runs');
  });
});

describe('explain pod/NAME', () => {
  test('its DaemonSet is in its name, and what a rollout kept is not taken for it', async () => {
    const explain = vi.fn().mockResolvedValue({ ...seen, sentence: 'Pod log-agent-x7k2p is not well.' });
    const rolloutStatus = vi.fn().mockResolvedValue(rolledBack);
    const { out } = await invoke(['explain', 'pod/log-agent-x7k2p', ...where], { rolloutStatus, explain });
    expect(rolloutStatus).toHaveBeenCalledWith({ cluster: 'prod', namespace: 'monitoring', name: 'log-agent' });
    expect(explain).toHaveBeenCalledWith('agents', { daemonset: 'monitoring/log-agent', pod: 'log-agent-x7k2p' });
    expect(out).toContain('Pod log-agent-x7k2p of monitoring/log-agent on cluster prod, as it is now');
  });

  test.each([
    [['pod/log-agent', ...where], '"pod/log-agent" does not name a pod of a DaemonSet'],
    [['pod/log-agent-x7k2p'], 'the namespace of pod/log-agent-x7k2p is missing'],
    [['deploy/agent', ...where], '"deploy" is not a kind that has rollouts'],
  ])('%j is a usage error that says how it is written', async (args, message) => {
    const { code, err } = await invoke(['explain', ...args]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

test('status shows the diagnosis below the findings', async () => {
  const { out } = await invoke(['status', 'ds/log-agent', ...where], { rolloutStatus: async () => rolledBack });
  expect(out).toContain('Diagnosis\n  ImageMissing (confidence high; the release is to blame)');
});
