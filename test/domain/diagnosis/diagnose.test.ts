import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import { rules } from '../../../domain/diagnosis/registry.ts';
import { unknownCause } from '../../../domain/diagnosis/unknown.ts';
import { type Case, canary, evidenceOf } from './gallery/case.ts';

const loop: [string, string] = ['CrashLoopBackOff', 'back-off 5m0s restarting failed container=agent'];
const base = { cause: '', source: '' };
const causes = (one: Partial<Case>): string[] => diagnose(evidenceOf({ ...base, ...one })).map(({ cause }) => cause);
const first = (one: Partial<Case>) => diagnose(evidenceOf({ ...base, ...one }))[0];

const refused = 'dial tcp 10.0.0.9:5432: connect: connection refused';

describe('what follows from another finding is not told beside it', () => {
  test.each<[string, Partial<Case>, string[]]>([
    [
      'probes behind a crash loop',
      {
        waiting: loop,
        ended: [1],
        events: [['Unhealthy', `Readiness probe failed: Get "http://10.0.0.7/": ${refused}`]],
      },
      ['Crash'],
    ],
    [
      'a crash behind a liveness probe that ends the container',
      {
        waiting: loop,
        ended: [143],
        events: [['Killing', 'Container agent failed liveness probe, will be restarted']],
      },
      ['LivenessProbeFailing'],
    ],
    [
      'crash and probe behind a missing right',
      {
        waiting: loop,
        ended: [1],
        log: [
          'nodes is forbidden: User "system:serviceaccount:monitoring:agent" cannot list resource "nodes" in API group "" at the cluster scope',
        ],
        events: [['Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 500']],
      },
      ['ApiForbidden'],
    ],
    [
      'the volume that is late behind the Secret that it is made of',
      {
        events: [
          [
            'FailedMount',
            'Unable to attach or mount volumes: unmounted volumes=[tls]: timed out waiting for the condition',
          ],
          ['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "agent-tls" not found'],
        ],
      },
      ['SecretMissing'],
    ],
    [
      'an init container behind what it could not reach',
      { init: true, waiting: loop, ended: [1], log: [`wait for database: ${refused}`] },
      ['ConnectionRefused'],
    ],
    [
      'probes on a node that is away',
      {
        node: [['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']],
        events: [['Unhealthy', 'Liveness probe failed: Get "http://10.0.0.7/": context deadline exceeded']],
        terminatingForMs: 500_000,
      },
      ['NodeNotReady'],
    ],
  ])('%s', (_, one, expected) => {
    expect(causes(one)).toEqual(expected);
  });

  test('two causes that have nothing to do with each other are both told, the surer one first', () => {
    const found = causes({
      waiting: loop,
      ended: [1],
      log: [refused],
      events: [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "agent-tls" not found']],
    });
    expect(found).toEqual(['SecretMissing', 'ConnectionRefused']);
  });

  test('what is explained exists, and nothing can be dropped in a circle', () => {
    const byCause = new Map(rules.map((rule) => [rule.cause, rule]));
    const problems = rules.flatMap((rule) =>
      [...(rule.explains ?? [])].filter((cause) => {
        const other = byCause.get(cause);
        if (other === undefined || other === rule) return true;
        // Among symptoms the surer one drops the other, so they may explain each other; and they explain nothing else.
        return other.symptom
          ? !rule.symptom && other.explains?.includes(rule.cause)
          : rule.symptom || other.explains?.includes(rule.cause);
      }),
    );
    expect(problems).toEqual([]);
  });
});

describe('how sure a line of a log makes', () => {
  const noise = Array.from({ length: 25 }, (_, index) => `level=info msg="reconciled ${index}"`);

  test('a program that ended with it: medium', () => {
    expect(first({ waiting: loop, ended: [1], log: [...noise, refused] })).toMatchObject({
      cause: 'ConnectionRefused',
      confidence: 'medium',
    });
  });

  test('a program that ended long after it: it is not told as the cause', () => {
    const found = diagnose(evidenceOf({ ...base, waiting: loop, ended: [1], log: [refused, ...noise] }));
    expect(found.map(({ cause, confidence }) => [cause, confidence])).toEqual([
      ['Crash', 'medium'],
      ['ConnectionRefused', 'low'],
    ]);
  });

  test('a program that runs: low, once; medium, when it keeps saying so', () => {
    expect(first({ log: [refused] })?.confidence).toBe('low');
    expect(first({ log: [`try 1: ${refused}`, `try 2: ${refused}`] })?.confidence).toBe('medium');
  });

  test('of several errors the last one comes first', () => {
    const log = ['lookup db on 10.96.0.10:53: no such host', refused];
    expect(causes({ waiting: loop, ended: [1], log })).toEqual(['ConnectionRefused', 'NameNotResolved']);
  });
});

describe('what a finding says', () => {
  test('a missing right: service account, call, and the rule to add', () => {
    const log = [
      'daemonsets.apps is forbidden: User "system:serviceaccount:monitoring:agent" cannot list resource "daemonsets" in API group "apps" at the cluster scope',
      'leases.coordination.k8s.io "agent" is forbidden: User "system:serviceaccount:monitoring:agent" cannot update resource "leases" in API group "coordination.k8s.io" in the namespace "monitoring"',
    ];
    const found = first({ waiting: loop, ended: [1], log });
    expect(found?.what).toBe(
      'Service account monitoring/agent may not update leases.coordination.k8s.io in namespace monitoring, nor list daemonsets.apps.',
    );
    expect(found?.nextStep).toContain('apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["update"]');
    expect(found?.nextStep).toContain('apiGroups: ["apps"], resources: ["daemonsets"], verbs: ["list", "watch"]');
  });

  test('memory: its limit', () => {
    const found = first({ waiting: loop, ended: [137, 'OOMKilled'], limits: { memory: '64Mi' } });
    expect(found?.what).toBe('Container agent ran out of memory, memory limit 64Mi.');
    expect(found?.evidence).toContain('template: container agent has limits.memory 64Mi');
  });

  test('a place: what is requested, and what the node has', () => {
    const found = first({
      unschedulable: '0/3 nodes are available: 1 Insufficient cpu.',
      requests: { cpu: '3' },
      allocatable: { cpu: '1930m' },
    });
    expect(found?.what).toContain('agent requests 3, the node can give 1930m in all');
  });

  test('a crash: its code in words, its last lines, and each text with where it is from', () => {
    const found = first({ waiting: loop, ended: [139], log: ['one', 'two', 'three', 'four'] });
    expect(found?.what).toBe(
      'Container agent ends with exit code 139 (SIGSEGV: a bad memory access in the program or one of its libraries), 3 restarts so far.',
    );
    expect(found?.evidence).toEqual([
      'log of container agent: four',
      'log of container agent: three',
      'log of container agent: two',
      'status of container agent: exit code 139 (Error)',
      'status of container agent: CrashLoopBackOff: back-off 5m0s restarting failed container=agent',
    ]);
    expect(found?.nextStep).toContain('"kubectl -n monitoring logs agent-x7k2p -c agent --previous"');
  });

  test.each([
    [126, 'cannot be executed'],
    [127, 'not found in the image'],
    [137, 'SIGKILL'],
    [143, 'SIGTERM'],
    [139, 'SIGSEGV'],
    [154, 'signal 26'],
  ])('exit code %i: %s', (code, words) => {
    expect(first({ waiting: loop, ended: [code] })?.what).toContain(words);
  });

  test('an event: its reason, and how often', () => {
    const found = first({
      events: [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "agent-tls" not found']],
    });
    expect(found?.evidence).toEqual([
      'event FailedMount (3 times): MountVolume.SetUp failed for volume "tls" : secret "agent-tls" not found',
    ]);
  });

  test('S19: a finalizer is named, and nobody is told to delete by force', () => {
    const found = first({ finalizers: ['agents.example/drain'], terminatingForMs: 240_000 });
    expect(found?.what).toContain('finalizer agents.example/drain');
    expect(found?.nextStep).not.toMatch(/force/);
    expect(causes({ finalizers: [], terminatingForMs: 20_000 })).toEqual([unknownCause]);
  });

  test('a pod that is gone: what the gate wrote of it', () => {
    const gone = evidenceOf({
      ...base,
      pod: [
        '',
        'CrashLoopBackOff',
        'container agent (image a:2) is waiting: CrashLoopBackOff; container agent last exited with code 2 (Error) after 4 restarts',
      ],
    });
    const pod = gone.pod === null ? null : { ...gone.pod, containers: [] };
    expect(diagnose({ ...gone, pod })[0]).toMatchObject({ cause: 'Crash', confidence: 'medium' });
  });

  test('names of a text that are no names do not get into commands', () => {
    const found = first({
      events: [
        ['FailedMount', 'secret "a; rm -rf /" not found'],
        ['Failed', 'configmap "$(id)" not found'],
      ],
    });
    expect(found?.nextStep).not.toMatch(/rm -rf|\$\(id\)/);
  });

  test('without a pod there is still an answer', () => {
    const none = { ...evidenceOf({ ...base }), pod: null, node: null };
    expect(diagnose(none)).toMatchObject([{ cause: unknownCause }]);
    const refusals = ['DaemonSet.apps "agent" is invalid: spec.selector: Invalid value: {}: field is immutable'];
    expect(diagnose({ ...none, refusals })[0]).toMatchObject({ cause: 'SelectorMismatch', blame: 'release' });
    expect(diagnose({ ...none, alike: { ...canary, updated: 0 } })[0]?.spread).toBe('no node is on the new template');
  });
});
