import type { Case } from './case.ts';

const gh = 'https://github.com';
const loop: [string, string] = ['CrashLoopBackOff', 'back-off 5m0s restarting failed container=agent'];

/** Further wordings, each of a thread that was not looked at when the rules were written. */
export const furtherCases: Case[] = [
  {
    cause: 'BinaryMissing',
    source: `${gh}/kata-containers/kata-containers/issues/10497 (kata)`,
    waiting: [
      'RunContainerError',
      'failed to create containerd task: failed to create shim task: the file python3 was not found',
    ],
  },
  {
    cause: 'BinaryMissing',
    source: `${gh}/containerd/rust-extensions/issues/183 (runc 1.0)`,
    waiting: [
      'RunContainerError',
      String.raw`OCI runtime create failed: container_linux.go:367: starting container process caused: exec: \"agentd\": executable file not found in $PATH: unknown`,
    ],
  },
  {
    cause: 'PermissionDenied',
    source: `${gh}/opencontainers/runc/issues/4713 (CRI-O, with escaped quotes)`,
    events: [
      [
        'Failed',
        String.raw`Error: container create failed: time="2025-04-07T10:00:00Z" level=error msg="runc create failed: unable to start container process: exec: \"/bin/agent\": permission denied"`,
      ],
    ],
  },
  {
    cause: 'ContainerCreateFailed',
    source: `${gh}/kubernetes/kubernetes/issues/98719 (Docker)`,
    waiting: loop,
    ended: [
      128,
      'ContainerCannotRun',
      'OCI runtime create failed: container_linux.go:370: starting container process caused: process_linux.go:459: container init caused: rootfs_linux.go:59: mounting "/var/lib/kubelet/pods/7050/volume-subpaths/config/actions/1" to rootfs at "/merged/etc/actions.json" caused: no such file or directory: unknown',
    ],
  },
  {
    cause: 'Crash',
    source: `${gh}/prometheus/node_exporter/issues/1973 (an address that is not there)`,
    waiting: loop,
    ended: [255],
    log: [
      'Starting TCP socket on [10.132.0.22]:9100',
      'failed to listen on secure address: listen tcp 10.132.0.22:9100: bind: cannot assign requested address',
    ],
  },
  {
    cause: 'ConnectionRefused',
    source: `${gh}/kubernetes/kubernetes/issues/89886 (Ruby)`,
    waiting: loop,
    ended: [1],
    log: [
      '[warn]: emit transaction failed: error_class=Errno::ECONNREFUSED error="Failed to open TCP connection to 10.132.0.1:443 (Connection refused - connect(2) for \\"10.132.0.1\\" port 443)"',
    ],
  },
  {
    cause: 'ConnectionTimedOut',
    source: `${gh}/fabric8io/fabric8/issues/5823 (Ruby)`,
    waiting: loop,
    ended: [1],
    log: [
      'starting fluentd-0.12.31',
      'config error file="/fluentd/etc/fluent.conf" error="Invalid Kubernetes API v1 endpoint https://10.96.0.1:443/api: Timed out connecting to server"',
    ],
  },
  {
    cause: 'NameNotResolved',
    source: `${gh}/splunk/splunk-connect-for-kubernetes/issues/52 (Ruby)`,
    ended: [1],
    waiting: loop,
    log: [
      'error_class=SocketError error="Failed to open TCP connection to collector.example:443 (getaddrinfo: Name or service not known)"',
    ],
  },
  {
    cause: 'CertificateRejected',
    source: `${gh}/kubernetes-client/python/issues/254 (Python)`,
    waiting: loop,
    ended: [1],
    log: [
      `urllib3.exceptions.MaxRetryError: HTTPSConnectionPool(host='10.254.0.1', port=443): Max retries exceeded with url: /api/v1/nodes (Caused by SSLError(CertificateError("hostname '10.254.0.1' doesn't match either of 'kubernetes'")))`,
    ],
  },
  {
    cause: 'InsufficientResources',
    source: `${gh}/cilium/cilium/issues/6603 (DaemonSet controller 1.11)`,
    events: [
      [
        'FailedPlacement',
        `failed to place pod on "node-1": Node didn't have enough resource: cpu, requested: 250, used: 1970, capacity: 2000`,
      ],
    ],
  },
  {
    cause: 'HostPortConflict',
    source: 'kubernetes/kubernetes pkg/kubelet/lifecycle/predicate.go (kubelet)',
    pod: [
      'Failed',
      'NodePorts',
      `Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports`,
    ],
  },
  {
    cause: 'HostPortConflict',
    source: `${gh}/projectcontour/contour/issues/4343 (logrus)`,
    waiting: loop,
    ended: [1],
    log: ['level=fatal msg="listen tcp :9100: bind: address already in use" source="node_exporter.go:79"'],
  },
  {
    cause: 'LivenessProbeFailing',
    source: `${gh}/kubernetes/kops/issues/18040 (OOMKilled with the code of another end)`,
    ended: [143, 'OOMKilled'],
    events: [
      ['Killing', 'Container agent failed liveness probe, will be restarted'],
      ['Unhealthy', 'Liveness probe failed: '],
    ],
  },
  {
    cause: 'VolumeTimeout',
    source: `${gh}/cri-o/cri-o/issues/7008 (kubelet)`,
    events: [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "kube-api-access-dzfgk" : failed to sync configmap cache: timed out waiting for the condition',
      ],
    ],
  },
  {
    cause: 'NetworkSetupFailed',
    source: `${gh}/cri-o/cri-o/issues/7008 (CRI-O)`,
    events: [
      [
        'FailedCreatePodSandBox',
        `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get network status for pod sandbox k8s_agent-x7k2p_0(d283): error checking pod monitoring_agent-x7k2p for CNI network "crio": Interface veth5319 Mac doesn't match`,
      ],
    ],
  },
  {
    cause: 'QuotaExceeded',
    source: `${gh}/kubernetes/kubernetes/issues/76308 (priority admission)`,
    events: [
      [
        'FailedCreate',
        'Error creating: pods "agent-" is forbidden: pods with system-node-critical priorityClass is not permitted in monitoring namespace',
      ],
    ],
  },
  {
    cause: 'NodeShutdown',
    source: `${gh}/kubernetes/kubernetes/pull/102840 (kubelet 1.21, at admission)`,
    pod: ['Failed', 'NodeShutdown', 'Node is in progress of shutting down, not admitting any new pods'],
  },
  {
    cause: 'RuntimeClassMissing',
    source: `${gh}/kai-scheduler/KAI-Scheduler/issues/627 (cri-dockerd)`,
    events: [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = RuntimeHandler "runc" not supported',
      ],
    ],
  },
  {
    cause: 'MountFailed',
    source: 'kubernetes/kubernetes pkg/kubelet/util/manager/watch_based_manager.go',
    events: [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "config" : object "monitoring"/"agent-config" not registered',
      ],
    ],
  },
  {
    cause: 'ConfigRejected',
    source: 'go-yaml/yaml decode.go (Go)',
    waiting: loop,
    ended: [1],
    log: [
      'level=error msg="error loading config file" err="yaml: unmarshal errors:\\n  line 7: field scrape_intervall not found in type config.Global"',
    ],
  },
  {
    cause: 'OutOfMemory',
    source: 'nodejs/node (V8)',
    waiting: loop,
    ended: [134],
    log: [
      '<--- Last few GCs --->',
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      ' 1: 0xb7c2ec node::Abort() [agent]',
      'Aborted (core dumped)',
    ],
  },
  {
    cause: 'ApiForbidden',
    source: 'kubernetes/client-go (a running program that keeps asking)',
    log: [
      'E1126 11:54:32.432328 1 reflector.go:138] failed to list *v1.Node: nodes is forbidden: User "system:serviceaccount:monitoring:agent" cannot list resource "nodes" in API group "" at the cluster scope',
      'E1126 11:54:33.503653 1 reflector.go:138] failed to list *v1.Secret: secrets is forbidden: User "system:serviceaccount:monitoring:agent" cannot list resource "secrets" in API group "" at the cluster scope',
    ],
    events: [['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 500']],
  },
  {
    cause: 'ImageMissing',
    source:
      'kubernetes/kubernetes pkg/kubelet/images/image_manager.go (kubelet 1.32, which repeats the error while it waits)',
    waiting: [
      'ImagePullBackOff',
      'Back-off pulling image "registry.example/agent:2.0": ErrImagePull: failed to pull and unpack image "registry.example/agent:2.0": failed to resolve reference "registry.example/agent:2.0": registry.example/agent:2.0: not found',
    ],
  },
  {
    cause: 'VolumeClaimMissing',
    source: 'kubernetes/kubernetes pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go',
    events: [
      [
        'FailedMount',
        'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: error processing PVC monitoring/agent-data: failed to fetch PVC from API server: persistentvolumeclaims "agent-data" not found',
      ],
    ],
  },
];
