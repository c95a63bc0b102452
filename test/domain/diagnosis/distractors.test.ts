import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../../domain/diagnosis/types.ts';
import { type Case, evidenceOf } from './gallery/case.ts';

const loop: [string, string] = ['CrashLoopBackOff', 'back-off 5m0s restarting failed container=agent'];
const base = { cause: '', source: '' };
const found = (one: Partial<Case>): Diagnosis[] => diagnose(evidenceOf({ ...base, ...one }));
const sure = (one: Partial<Case>): [string, string][] => found(one).map(({ cause, confidence }) => [cause, confidence]);
const ends = (...log: string[]): Partial<Case> => ({ waiting: loop, ended: [1], log });

describe('words of one cause in the mouth of another', () => {
  test.each<[string, Partial<Case>, [string, string][]]>([
    [
      'a container that is not created in time is no registry that does not answer',
      {
        waiting: ['CreateContainerError', 'context deadline exceeded'],
        events: [['Failed', 'Error: context deadline exceeded']],
      },
      [['ContainerCreateFailed', 'medium']],
    ],
    [
      'a command without permission is no image that is refused',
      {
        events: [
          [
            'Failed',
            'Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/agent": permission denied: unknown',
          ],
        ],
      },
      [['PermissionDenied', 'high']],
    ],
    [
      "a probe's command that is missing is not the container's",
      {
        events: [
          [
            'Unhealthy',
            'Readiness probe failed: OCI runtime exec failed: exec failed: unable to start container process: exec: "/bin/check": stat /bin/check: no such file or directory: unknown',
          ],
        ],
      },
      [['ReadinessProbeFailing', 'medium']],
    ],
    [
      "a probe's command that may not write is not the container",
      { events: [['Unhealthy', 'Liveness probe failed: touch: /tmp/alive: Read-only file system']] },
      [['LivenessProbeFailing', 'medium']],
    ],
    [
      'a program that tells that it loads its configuration, and then ends for another reason',
      ends(
        'level=info msg="Loading configuration file" filename=/etc/agent.yaml',
        'level=info msg="Completed loading of configuration file"',
        'bye',
      ),
      [['Crash', 'medium']],
    ],
    [
      'a program that prints its timeouts',
      ends('settings: read timeout=5s, connection timeout: 30s', 'bye'),
      [['Crash', 'medium']],
    ],
    [
      'a socket file that was left behind is no port',
      ends('listen unix /run/agent.sock: bind: address already in use'),
      [['Crash', 'medium']],
    ],
    [
      'a path that only inotify finds too full',
      ends('cannot watch /etc/agent: inotify_add_watch: no space left on device'),
      [['Crash', 'medium']],
    ],
    [
      'a database that refuses a table, a server that refuses a key',
      ends('pq: permission denied for table metrics', 'git@example: Permission denied (publickey).'),
      [['Crash', 'medium']],
    ],
    [
      'a node that looks for room has not ended this pod',
      { ...ends('bye'), events: [['EvictionThresholdMet', 'Attempting to reclaim ephemeral-storage']] },
      [
        ['Crash', 'medium'],
        ['NodePressure', 'low'],
      ],
    ],
    [
      'a token that is refused to the node is no service account that is missing',
      {
        events: [
          [
            'FailedMount',
            'MountVolume.SetUp failed for volume "kube-api-access-bd8r9" : failed to fetch token: serviceaccounts "agent" is forbidden: node requested token bound to a pod scheduled on a different node',
          ],
        ],
      },
      [['MountFailed', 'medium']],
    ],
    [
      'a program that speaks of images and registries of its own',
      ends('image proxy: registry answered 401 Unauthorized', 'toomanyrequests from upstream', 'bye'),
      [['Crash', 'medium']],
    ],
  ])('%s', (_, one, expected) => {
    expect(sure(one)).toEqual(expected);
  });

  test('what kept a pod from being created is over once there is one', () => {
    const evidence = evidenceOf({ ...base, ...ends('bye') });
    const event = {
      reason: 'FailedCreate',
      message:
        'Error creating: pods "agent-" is forbidden: error looking up service account monitoring/agent: serviceaccount "agent" not found',
      count: 2,
      about: 'daemonset' as const,
    };
    const pod = evidence.pod === null ? null : { ...evidence.pod, events: [event] };
    expect(diagnose({ ...evidence, pod }).map(({ cause }) => cause)).toEqual(['Crash']);
  });

  test('what is said of a DaemonSet without pods leads to the DaemonSet', () => {
    const [unknown] = found({ events: [['FailedCreate', 'Error creating: something nobody has seen before']] });
    expect(unknown?.nextStep).toContain('"kubectl -n monitoring describe daemonset agent"');
  });
});

describe('what can mean two things is not sure', () => {
  test.each<[string, Partial<Case>, string]>([
    [
      'an answer that a registry gives for a wrong name as well',
      {
        events: [
          [
            'Failed',
            'Failed to pull image "agent:2.0": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
          ],
        ],
      },
      'ImageUnauthorised',
    ],
    [
      'a taint of one of the nodes',
      { unschedulable: '0/3 nodes are available: 1 node(s) had untolerated taint {a: b}.' },
      'TaintNotTolerated',
    ],
    [
      'a readiness probe',
      { events: [['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 500']] },
      'ReadinessProbeFailing',
    ],
    ['an exit code', { waiting: loop, ended: [1] }, 'Crash'],
    ['a kill from outside', { waiting: loop, ended: [137] }, 'Crash'],
    ['OOMKilled with the code of another end', { waiting: loop, ended: [1, 'OOMKilled'] }, 'OutOfMemory'],
    [
      'a node under pressure',
      {
        node: [['MemoryPressure', 'True', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available']],
      },
      'NodePressure',
    ],
  ])('%s', (_, one, cause) => {
    expect(sure(one)).toEqual([[cause, 'medium']]);
  });
});
