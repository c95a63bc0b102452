import type { Case } from './case.ts';

const gh = 'https://github.com';
const loop: [string, string] = [
  'CrashLoopBackOff',
  'back-off 2m40s restarting failed container=agent pod=agent-x7k2p_monitoring(6f1c)',
];
const shim =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ';

/** Texts about containers, programs and probes. */
export const containerCases: Case[] = [
  {
    cause: 'Crash',
    source: 'golang/go src/runtime/panic.go',
    waiting: loop,
    ended: [2],
    log: [
      'panic: runtime error: invalid memory address or nil pointer dereference',
      '[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x6d1c2e]',
      'goroutine 1 [running]:',
      'main.main()',
    ],
  },
  {
    cause: 'Crash',
    source: 'rust-lang/rust library/std/src/panicking.rs',
    waiting: loop,
    ended: [101],
    log: [
      `thread 'main' panicked at src/main.rs:17:10:`,
      'called `Option::unwrap()` on a `None` value',
      'note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace',
    ],
  },
  {
    cause: 'Crash',
    source: 'kubernetes/kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go (no log)',
    waiting: loop,
    ended: [139],
  },
  {
    cause: 'Crash',
    source: 'kubernetes/kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go (a program that ends well)',
    waiting: loop,
    ended: [0, 'Completed'],
    log: ['done, nothing to do'],
  },
  {
    cause: 'OutOfMemory',
    source: 'containerd/containerd internal/cri/server/events.go',
    waiting: loop,
    ended: [137, 'OOMKilled'],
    limits: { memory: '64Mi' },
    log: ['cache warm, 51 MiB'],
  },
  {
    cause: 'OutOfMemory',
    source: `${gh}/aws/amazon-ecs-agent/issues/3021 (runc)`,
    waiting: ['RunContainerError', `${shim}container init was OOM-killed (memory limit too low?): unknown`],
    limits: { memory: '6Mi' },
  },
  {
    cause: 'OutOfMemory',
    source: `${gh}/containers/crun/pull/635 (crun)`,
    waiting: [
      'RunContainerError',
      'container create failed: OOM: the memory limit could be too low: read from the init process',
    ],
  },
  {
    cause: 'OutOfMemory',
    source: `${gh}/ContainerSolutions/runbooks/issues/45 (kernel, told by node-problem-detector)`,
    waiting: loop,
    ended: [137],
    events: [
      [
        'OOMKilling',
        'Memory cgroup out of memory: Killed process 1557026 (agent) total-vm:256780kB, anon-rss:100056kB',
      ],
    ],
  },
  {
    cause: 'InitContainerFailing',
    source: 'kubernetes/kubernetes pkg/kubelet/kuberuntime/kuberuntime_container.go',
    init: true,
    pod: ['Pending'],
    waiting: ['CrashLoopBackOff', 'back-off 1m20s restarting failed container=setup pod=agent-x7k2p_monitoring(6f1c)'],
    ended: [1],
    log: ['loading kernel module wg', 'setup did not work'],
  },
  {
    cause: 'InitContainerFailing',
    source: `${gh}/nigelpoulton/TheK8sBook/issues/46 (an init container in Error)`,
    init: true,
    pod: ['Pending'],
    ended: [3],
  },
  {
    cause: 'BinaryMissing',
    source: `${gh}/opencontainers/runc/issues/4713 (runc under CRI-O)`,
    waiting: [
      'CreateContainerError',
      'container create failed: runc create failed: unable to start container process: exec: "agentd": executable file not found in $PATH',
    ],
  },
  {
    cause: 'BinaryMissing',
    source: `${gh}/pl4nty/cloudflare-kubernetes-gateway/issues/123 (runc under containerd)`,
    waiting: loop,
    ended: [
      128,
      'StartError',
      `${shim}unable to start container process: exec: "/agent": stat /agent: no such file or directory: unknown`,
    ],
  },
  {
    cause: 'BinaryMissing',
    source: `${gh}/containers/crun/issues/1664 (crun)`,
    waiting: [
      'CreateContainerError',
      'container create failed: executable file `agentd` not found in $PATH: No such file or directory',
    ],
  },
  {
    cause: 'BinaryMissing',
    source: `${gh}/poseidon/typhoon/issues/769 (runc, no loader or interpreter)`,
    waiting: loop,
    ended: [1],
    log: ['standard_init_linux.go:211: exec user process caused "no such file or directory"'],
  },
  {
    cause: 'PermissionDenied',
    source: `${gh}/opencontainers/runc/issues/4713 (runc)`,
    waiting: [
      'RunContainerError',
      `${shim}unable to start container process: exec: "/agent": permission denied: unknown`,
    ],
  },
  {
    cause: 'PermissionDenied',
    source: `${gh}/fluent/fluentd-kubernetes-daemonset/issues/322 (Ruby)`,
    waiting: loop,
    ended: [1],
    log: [
      '2019-06-10 16:44:01 +0000 [error]: unexpected error error_class=Errno::EACCES error=#<Errno::EACCES: Permission denied @ rb_sysopen - /var/log/agent.log.pos>',
      `  2019-06-10 16:44:01 +0000 [error]: in_tail.rb:145:in 'initialize'`,
    ],
  },
  {
    cause: 'PermissionDenied',
    source: 'golang/go src/os/error.go and src/syscall (Go)',
    waiting: loop,
    ended: [1],
    log: ['level=error msg="cannot start" err="open /var/lib/agent/state.db: permission denied"'],
  },
  {
    cause: 'ReadOnlyFileSystem',
    source: 'python/cpython Lib/os.py (Python)',
    waiting: loop,
    ended: [1],
    log: ['Traceback (most recent call last):', `OSError: [Errno 30] Read-only file system: '/var/cache/agent'`],
  },
  {
    cause: 'ReadOnlyFileSystem',
    source: `${gh}/cri-o/cri-o/issues/2564 (CRI-O)`,
    waiting: [
      'CreateContainerError',
      'container create failed: failed to mkdir "/opt/agent": mkdir /opt/agent: read-only file system',
    ],
  },
  {
    cause: 'RunAsNonRoot',
    source: `${gh}/Unleash/unleash-edge/issues/483 (kubelet)`,
    waiting: [
      'CreateContainerConfigError',
      'container has runAsNonRoot and image will run as root (pod: "agent-x7k2p_monitoring(f03e)", container: agent)',
    ],
  },
  {
    cause: 'RunAsNonRoot',
    source: 'kubernetes/kubernetes pkg/kubelet/kuberuntime/security_context_others.go',
    events: [
      [
        'Failed',
        'Error: container has runAsNonRoot and image has non-numeric user (nobody), cannot verify user is non-root',
      ],
    ],
  },
  {
    cause: 'LifecycleHookFailing',
    source: `${gh}/onosproject/onos-helm-charts/pull/557 (kubelet)`,
    waiting: loop,
    ended: [137],
    events: [
      [
        'FailedPostStartHook',
        `Exec lifecycle hook ([/bin/sh -c /register]) for Container "agent" in Pod "agent-x7k2p_monitoring(09e3)" failed - error: command '/bin/sh -c /register' exited with 1: , message: "no such cluster"`,
      ],
    ],
  },
  {
    cause: 'LifecycleHookFailing',
    source: `${gh}/helm/charts/issues/21324 (kubelet)`,
    waiting: ['PostStartHookError', `command '/bin/bash /post-start-hook.sh' exited with 126: `],
  },
  {
    cause: 'ContainerCreateFailed',
    source: `${gh}/apecloud/kubeblocks/issues/1872 (containerd)`,
    waiting: [
      'CreateContainerError',
      'failed to generate container "40d0" spec: failed to generate spec: path "/" is mounted on "/" but it is not a shared or slave mount',
    ],
  },
  {
    cause: 'ContainerCreateFailed',
    source: `${gh}/kubernetes/kubernetes/issues/108374 (kubelet)`,
    waiting: ['CreateContainerConfigError', 'failed to prepare subPath for volumeMount "data" of container "agent"'],
  },
  {
    cause: 'ConfigRejected',
    source: `${gh}/kubernetes-sigs/prometheus-adapter/issues/525 (cobra)`,
    waiting: loop,
    ended: [1],
    log: ['unknown flag: --logtostderr'],
  },
  {
    cause: 'ConfigRejected',
    source: 'golang/go src/flag/flag.go (Go)',
    waiting: loop,
    ended: [2],
    log: ['flag provided but not defined: -scrape-all', 'Usage of /agent:', '  -listen string'],
  },
  {
    cause: 'ConfigRejected',
    source: 'python/cpython Lib/argparse.py (Python)',
    waiting: loop,
    ended: [2],
    log: ['usage: agent [-h] [--config CONFIG]', 'agent: error: unrecognized arguments: --verbose-all'],
  },
  {
    cause: 'FileMissing',
    source: 'golang/go src/os/error.go (Go)',
    waiting: loop,
    ended: [1],
    log: ['level=fatal msg="open /etc/agent/agent.yaml: no such file or directory"'],
  },
  {
    cause: 'FileMissing',
    source: 'nodejs/node lib/fs.js (Node)',
    waiting: loop,
    ended: [1],
    log: [
      `Error: ENOENT: no such file or directory, open '/etc/agent/agent.json'`,
      '    at Object.openSync (node:fs:601:3)',
    ],
  },
  {
    cause: 'DiskFull',
    source: 'golang/go src/syscall/zerrors_linux_amd64.go (Go)',
    waiting: loop,
    ended: [1],
    log: ['level=error msg="write /var/lib/agent/wal/00001: no space left on device"'],
  },
];

/** Texts about probes. */
export const probeCases: Case[] = [
  {
    cause: 'LivenessProbeFailing',
    source: `${gh}/inspektor-gadget/inspektor-gadget/pull/187 (kubelet)`,
    ended: [137],
    events: [
      ['Killing', 'Container agent failed liveness probe, will be restarted'],
      ['Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 503'],
    ],
  },
  {
    cause: 'LivenessProbeFailing',
    source: `${gh}/helm/charts/issues/12409 (kubelet)`,
    ended: [143],
    events: [
      [
        'Unhealthy',
        'Liveness probe failed: Get http://10.0.0.7:8080/healthz: dial tcp 10.0.0.7:8080: connect: connection refused',
      ],
      ['Killing', 'Container agent failed liveness probe, will be restarted'],
    ],
  },
  {
    cause: 'StartupProbeFailing',
    source: `${gh}/paritytech/helm-charts/issues/202 (kubelet)`,
    events: [
      [
        'Unhealthy',
        'Startup probe failed: Get "http://10.20.142.31:9933/health": dial tcp 10.20.142.31:9933: connect: connection refused',
      ],
      ['Killing', 'Container agent failed startup probe, will be restarted'],
    ],
  },
  {
    cause: 'StartupProbeFailing',
    source: `${gh}/trueforge-org/truecharts/issues/8076 (kubelet)`,
    events: [['Unhealthy', 'Startup probe failed: HTTP probe failed with statuscode: 401']],
  },
  {
    cause: 'ReadinessProbeFailing',
    source: `${gh}/instana/robot-shop/issues/62 (kubelet)`,
    events: [
      [
        'Unhealthy',
        'Readiness probe failed: Get "http://10.42.136.89:8080/health": dial tcp 10.42.136.89:8080: connect: connection refused',
      ],
    ],
  },
  {
    cause: 'ReadinessProbeFailing',
    source: 'kubernetes/kubernetes pkg/probe/grpc/grpc.go (kubelet)',
    events: [['Unhealthy', 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")']],
  },
  {
    cause: 'ProbeTimeout',
    source: `${gh}/kubernetes/kubernetes/issues/115469 (kubelet)`,
    events: [
      [
        'Unhealthy',
        'Readiness probe failed: Get "http://10.244.54.71:18051/healthcheck": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      ],
    ],
  },
  {
    cause: 'ProbeTimeout',
    source: `${gh}/dirsigler/uptime-kuma-helm/pull/67 (kubelet, a command)`,
    ended: [137],
    events: [
      ['Killing', 'Container agent failed liveness probe, will be restarted'],
      ['Unhealthy', 'Liveness probe failed: command "/agent check" timed out'],
    ],
  },
  {
    cause: 'ProbeTimeout',
    source: `${gh}/kubernetes/kubernetes/issues/82987 (kubelet 1.15)`,
    events: [
      ['Unhealthy', 'Liveness probe errored: rpc error: code = DeadlineExceeded desc = context deadline exceeded'],
    ],
  },
];
