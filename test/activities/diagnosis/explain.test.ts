import { describe, expect, test } from 'vitest';
import type { DiagnosisQuestion } from '../../../activities/diagnosis/contract.ts';
import { explain } from '../../../activities/diagnosis/explain.ts';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import type { Explanation } from '../../../domain/diagnosis/explanation.ts';
import type { Diagnosis, Evidence } from '../../../domain/diagnosis/types.ts';
import { utf8Length } from '../../../domain/markdown.ts';
import type { Finding } from '../../../domain/wire.ts';
import { crashed, event, type FakeCluster, fakeCluster, pod, ref, trouble } from './fake-cluster.ts';

const question: DiagnosisQuestion = { ref, application: 'agents', toHash: 'new', withinMs: 5_000 };

/** What was asked, what the rules were given, and what came of it. */
async function look(cluster: FakeCluster, change: Partial<DiagnosisQuestion> = {}) {
  const { client, asked } = fakeCluster(cluster);
  const given: Evidence[] = [];
  const judge = (evidence: Evidence): Diagnosis[] => {
    given.push(evidence);
    return diagnose(evidence);
  };
  const told: Explanation = await explain(client, { ...question, ...change }, judge, new AbortController().signal);
  return { told, given, asked };
}

const finding = (node: string, cause: string, podName = `agent-${node}`): Finding => ({
  cause,
  node,
  pod: podName,
  evidence: 'e',
  nextStep: 'n',
});

const crash = [finding('n1', 'CrashLoopBackOff')];
const crashing = [pod('n1', 'new', trouble(crashed)), pod('n2', 'old'), pod('n3', 'old')];

describe('evidence', () => {
  test('has what the run that ended said last, else what runs now, without secrets and colours', async () => {
    const before = 'starting\n\u001b[31mconnect with password=hunter2\npanic: no config\n';
    const logs = { 'agent-n1/agent/previous': before, 'agent-n1/agent/current': 'starting again\n' };
    const first = await look({ pods: crashing, logs }, { findings: crash });
    expect(first.given[0]?.pod?.logs).toEqual({
      agent: ['starting', expect.stringMatching(/^connect with password=\*+$/), 'panic: no config'],
    });
    expect(JSON.stringify(first.told)).not.toContain('hunter2');
    const second = await look(
      { pods: crashing, logs: { 'agent-n1/agent/current': 'starting again\n' } },
      { findings: crash },
    );
    expect(second.given[0]?.pod?.logs).toEqual({ agent: ['starting again'] });
  });

  test('has the newest events of pod, DaemonSet and node since the rollout began, routine ones left out', async () => {
    const at = (minute: number) => ({ lastTimestamp: `2026-01-01T00:0${minute}:00Z`, count: 4 });
    const newer = {
      eventTime: '2026-01-01T00:09:00.000000Z',
      series: { count: 7, lastObservedTime: '2026-01-01T00:09:30Z' },
    };
    const { given } = await look(
      {
        pods: crashing,
        events: [
          event('Pod', 'agent-n1', 'BackOff', 'restarting failed container', at(7)),
          event('Pod', 'agent-n1', 'FailedScheduling', 'no room', newer),
          event('Pod', 'agent-n1', 'Pulled', 'image is there', at(8)),
          event('Pod', 'agent-n1', 'Failed', 'of the release before', at(1)),
          event('Pod', 'agent-n2', 'Failed', 'of another pod', at(9)),
          event('DaemonSet', 'agent', 'FailedCreate', 'exceeded quota', at(7)),
          event('Node', 'n1', 'KubeletNotReady', 'no CNI', at(7)),
        ],
      },
      { findings: crash, sinceMs: Date.parse('2026-01-01T00:05:00Z') },
    );
    expect(given[0]?.pod?.events).toEqual([
      { reason: 'FailedScheduling', message: 'no room', count: 7, about: 'pod' },
      { reason: 'BackOff', message: 'restarting failed container', count: 4, about: 'pod' },
      { reason: 'FailedCreate', message: 'exceeded quota', count: 4, about: 'daemonset' },
      { reason: 'KubeletNotReady', message: 'no CNI', count: 4, about: 'node' },
    ]);
  });

  test('has node, change of the release, and how many nodes show the same', async () => {
    const { given, told } = await look({ pods: crashing }, { findings: crash });
    expect(given[0]).toMatchObject({
      node: { name: 'n1', ready: true, allocatable: { cpu: '2' } },
      changes: ['spec.containers[name=agent].image: agent:1 -> agent:2'],
      alike: { updated: 1, failing: 1, rest: 2, restFailing: 0 },
    });
    expect(told.changes).toEqual(given[0]?.changes);
    expect(told.diagnoses[0]).toMatchObject({ pod: 'agent-n1', node: 'n1' });
  });

  test('a pod that was never created has the events of its DaemonSet', async () => {
    const events = [
      event('DaemonSet', 'agent', 'FailedCreate', 'pods "agent-" is forbidden: exceeded quota: pods', {
        lastTimestamp: '2026-01-01T00:09:00Z',
      }),
    ];
    const { given, told } = await look(
      { pods: [pod('n2', 'old')], events },
      { findings: [finding('n1', 'PodNotCreated', '')] },
    );
    expect(given[0]?.pod).toMatchObject({ pod: '', node: 'n1', daemonset: 'agent' });
    expect(told.diagnoses[0]).toMatchObject({ cause: 'QuotaExceeded', pod: '', node: 'n1' });
  });

  test('a pod that the controller has removed already is what the gate saw of it', async () => {
    const { given } = await look(
      { pods: [pod('n2', 'old')] },
      { findings: [{ ...finding('n1', 'PodFailed', 'agent-gone'), evidence: 'Evicted: The node was low on memory' }] },
    );
    expect(given[0]?.pod).toMatchObject({
      pod: 'agent-gone',
      phase: 'Failed',
      message: expect.stringContaining('low on'),
    });
  });
});

describe('what is looked at', () => {
  test('one pod for each way of failing, however many nodes show it', async () => {
    const pulling = trouble({ state: { waiting: { reason: 'ErrImagePull', message: 'not found' } } }, 'Pending');
    const pods = [
      pod('n1', 'new', trouble(crashed)),
      pod('n2', 'new', trouble(crashed)),
      pod('n3', 'new', pulling),
      pod('n4', 'new', trouble({ state: { running: {} } })),
      pod('n5', 'old'),
    ];
    const findings = [...crash, finding('n3', 'ImagePullBackOff')];
    const { given } = await look({ pods }, { findings });
    expect(given.map(({ pod: one }) => one?.pod).toSorted()).toEqual(['agent-n1', 'agent-n3']);
    expect(given.find(({ pod: one }) => one?.pod === 'agent-n1')?.alike).toMatchObject({ updated: 4, failing: 2 });
    const person = await look({ pods }, {});
    expect(person.given.map(({ pod: one }) => one?.pod).toSorted()).toEqual(['agent-n1', 'agent-n3', 'agent-n4']);
    expect(person.told.sentence).toBe('4 of 5 pods of monitoring/agent are not well.');
  });

  test('one pod when a person names it, compared with its like', async () => {
    const pods = [pod('n1', 'new', trouble(crashed)), pod('n2', 'new', trouble(crashed)), pod('n3', 'old')];
    const { given, told } = await look({ pods }, { pod: 'agent-n2' });
    expect(given.map(({ pod: one, alike }) => [one?.pod, alike.failing])).toEqual([['agent-n2', 2]]);
    expect(told.sentence).toBe('Pod agent-n2 on node n2 is not well: phase Running, not ready, 2 restarts.');
  });

  test('nothing where all is well: no log, event or node is read', async () => {
    const { told, asked } = await look({ pods: [pod('n1', 'new'), pod('n2', 'old')] }, {});
    expect(told).toMatchObject({ sentence: 'All 2 pods of monitoring/agent are well.', diagnoses: [], gaps: [] });
    expect(asked).toHaveLength(3);
  });

  test('a gate that names no pod is left to speak for itself', async () => {
    const { told } = await look({ pods: [pod('n1', 'new')] }, { findings: [finding('', 'error-rate', '')] });
    expect(told.diagnoses).toEqual([]);
  });

  test.each([
    ['a foreign DaemonSet', { application: 'other' }, 'is not managed by application other'],
    ['a DaemonSet that is gone', { ref: { ...ref, name: 'nobody' } }, 'there is no DaemonSet monitoring/nobody'],
    ['a pod of something else', { pod: 'mysql-0' }, 'has no pod mysql-0 now; it has agent-n1, agent-n2, agent-n3'],
  ])('%s is refused', async (_name, change, message) => {
    await expect(look({ pods: crashing }, change)).rejects.toThrow(message);
  });
});

describe('what cannot be read', () => {
  test.each([
    ['/log', 'logs: nodewave may not get pods/log in namespace monitoring; apply deploy/rbac-diagnosis.yaml'],
    ['/events', 'events: nodewave may not list events in namespace monitoring; apply deploy/rbac-diagnosis.yaml'],
  ])('%s: the finding says so, and nothing fails', async (forbidden, gap) => {
    const { told } = await look({ pods: crashing, forbidden }, { findings: crash });
    expect(told.gaps).toEqual([gap]);
    expect(told.diagnoses[0]?.evidence).toContain(`not read: ${gap}`);
    expect(told.diagnoses[0]?.evidence.length).toBeLessThanOrEqual(5);
  });

  test('a kubelet that does not answer costs the time that was given, and its logs', async () => {
    const startedMs = performance.now();
    const { told } = await look({ pods: crashing, silent: '/log' }, { findings: crash, withinMs: 200 });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(told.diagnoses).toHaveLength(1);
    expect(told.gaps).toEqual(['logs: not read in the time that there was']);
  });

  test('an API server that does not list pods is infrastructure', async () => {
    await expect(look({ pods: crashing, silent: '/pods' }, { withinMs: 100 })).rejects.toMatchObject({
      code: 'Infrastructure',
    });
  });

  test('answers stay under 16 KB whatever logs, events and images say', async () => {
    const long = 'é🦀\u0000 password=hunter2 '.repeat(3_000);
    const reasons = [
      'CreateContainerConfigError',
      'InvalidImageName',
      'RunContainerError',
      'CrashLoopBackOff',
      'ErrImagePull',
    ];
    const pods = reasons.map((reason, n) => {
      const container = { ...crashed, image: long, state: { waiting: { reason, message: long } } };
      return pod(`n${n}`, 'new', trouble(container), { finalizers: Array.from({ length: 50 }, () => long) });
    });
    const logs = Object.fromEntries(
      pods.map(({ metadata }) => [`${metadata.name}/agent/previous`, `${long}\n`.repeat(60)]),
    );
    const events = pods.flatMap(({ metadata }) =>
      Array.from({ length: 50 }, (_, n) =>
        event('Pod', metadata.name, `Failed${n}`, long, { lastTimestamp: '2026-01-01T00:00:00Z' }),
      ),
    );
    const { told, given } = await look({ pods, logs, events }, {});
    expect(utf8Length(JSON.stringify(told))).toBeLessThan(16_000);
    expect(told.diagnoses.length).toBeGreaterThan(0);
    for (const evidence of given) expect(utf8Length(JSON.stringify(evidence))).toBeLessThan(100_000);
    expect(JSON.stringify([told, given])).not.toContain('hunter2');
  });
});

describe('a write that the API server refused', () => {
  const well = [pod('n1', 'old'), pod('n2', 'old')];
  const denied =
    `DaemonSet monitoring/agent: the cluster's admission refuses it: daemonsets.apps "agent" is forbidden: ` +
    `ValidatingAdmissionPolicy 'require-owner' with binding 'b' denied request: label owner is required`;

  test('is evidence, although every pod is well', async () => {
    const { told, given } = await look({ pods: well }, { refusals: [denied] });
    expect(given.map(({ refusals }) => refusals)).toEqual([[denied]]);
    expect(told.diagnoses).toMatchObject([
      {
        cause: 'AdmissionDenied',
        confidence: 'high',
        pod: '',
        node: '',
        evidence: [expect.stringContaining('require-owner')],
      },
    ]);
    expect(told.diagnoses[0]?.spread).toBe('refused before any pod was made of it');
  });

  test('comes with what the controller met when it created pods', async () => {
    const events = [event('DaemonSet', 'agent', 'FailedCreate', 'exceeded quota: compute', { count: 3 })];
    const { told } = await look({ pods: well, events }, { refusals: [denied] });
    expect(told.diagnoses.map(({ cause }) => cause)).toEqual(['QuotaExceeded']);
  });

  test('is explained of a first install too, of which there is nothing in the cluster', async () => {
    const absent = { ref: { ...ref, name: 'absent' }, refusals: [denied] };
    expect((await look({ pods: [] }, absent)).told.diagnoses).toMatchObject([{ cause: 'AdmissionDenied' }]);
    await expect(look({ pods: [] }, { ...absent, refusals: [] })).rejects.toMatchObject({ code: 'Conflict' });
  });

  test('opens nothing of a DaemonSet that the application does not manage', async () => {
    const others = { application: 'others', refusals: [denied] };
    await expect(look({ pods: well }, others)).rejects.toMatchObject({ code: 'Conflict' });
  });

  test('in words that no rule knows is not told twice; secrets in it are masked', async () => {
    const refusals = ['the API server refuses it: something new, password=hunter2'];
    const { told, given } = await look({ pods: well }, { refusals });
    expect(told.diagnoses).toEqual([]);
    expect(JSON.stringify(given)).not.toContain('hunter2');
  });

  test('does not hide pods that are not well', async () => {
    const { told } = await look({ pods: crashing }, { refusals: [denied] });
    expect(told.diagnoses.map(({ cause }) => cause)).toEqual(['AdmissionDenied', 'Crash']);
  });
});
