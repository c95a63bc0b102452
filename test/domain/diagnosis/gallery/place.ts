import type { Case } from './case.ts';

const gh = 'https://github.com';
const noHelp = 'preemption: 0/12 nodes are available: 12 Preemption is not helpful for scheduling.';

/** Texts about a place for the pod, about its node, and about pods that do not go. */
export const placeCases: Case[] = [
  {
    cause: 'InsufficientResources',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/plugins/noderesources/fit.go',
    pod: ['Pending'],
    unschedulable: `0/12 nodes are available: 1 Insufficient memory, 11 node(s) didn't match Pod's node affinity/selector. ${noHelp}`,
    requests: { memory: '8Gi' },
    allocatable: { memory: '5Gi' },
  },
  {
    cause: 'InsufficientResources',
    source: `${gh}/red-hat-storage/ocs-ci/issues/12362 (kubelet)`,
    pod: [
      'Failed',
      'OutOfcpu',
      `Pod was rejected: Node didn't have enough resource: cpu, requested: 150, used: 11388, capacity: 11500`,
    ],
  },
  {
    cause: 'InsufficientResources',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/plugins/noderesources/fit.go (number of pods)',
    pod: ['Pending'],
    events: [
      [
        'FailedScheduling',
        `0/12 nodes are available: 1 Too many pods, 11 node(s) didn't match Pod's node affinity/selector.`,
      ],
    ],
  },
  {
    cause: 'HostPortConflict',
    source: `${gh}/kubernetes/kubernetes/issues/106417 (scheduler)`,
    pod: ['Pending'],
    events: [
      [
        'FailedScheduling',
        `0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 1 node(s) didn't match Pod's node affinity/selector.`,
      ],
    ],
  },
  {
    cause: 'HostPortConflict',
    source: `${gh}/prometheus-operator/prometheus-operator/issues/1612 (Go)`,
    waiting: ['CrashLoopBackOff'],
    ended: [255],
    log: [
      'F0712 18:16:20.314448   21329 main.go:197] Failed to listen on secure address: listen tcp :9100: bind: address already in use',
    ],
  },
  {
    cause: 'HostPortConflict',
    source: 'nodejs/node lib/net.js (Node)',
    waiting: ['CrashLoopBackOff'],
    ended: [1],
    log: [
      'node:events:491',
      '      throw er; // Unhandled event',
      'Error: listen EADDRINUSE: address already in use :::8080',
      '    at Server.setupListenHandle [as _listen2] (node:net:1463:16)',
    ],
  },
  {
    cause: 'HostPortConflict',
    source: 'python/cpython Lib/asyncio/base_events.py (Python)',
    waiting: ['CrashLoopBackOff'],
    ended: [1],
    log: [
      'Traceback (most recent call last):',
      `OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 8125): address already in use`,
    ],
  },
  {
    cause: 'TaintNotTolerated',
    source: `${gh}/NVIDIA/k8s-device-plugin/issues/421 (scheduler)`,
    pod: ['Pending'],
    unschedulable:
      '0/1 nodes are available: 1 node(s) had untolerated taint {gpu: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
  },
  {
    cause: 'TaintNotTolerated',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go (before 1.24)',
    pod: ['Pending'],
    events: [
      [
        'FailedScheduling',
        `0/3 nodes are available: 1 node(s) had taint {dedicated: gpu}, that the pod didn't tolerate, 2 node(s) didn't match Pod's node affinity/selector.`,
      ],
    ],
  },
  {
    cause: 'NodeAffinityMismatch',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go',
    pod: ['Pending'],
    unschedulable: `0/12 nodes are available: 12 node(s) didn't match Pod's node affinity/selector. ${noHelp}`,
  },
  {
    cause: 'NodeAffinityMismatch',
    source: `${gh}/kubernetes/kubernetes/issues/91601 (scheduler 1.18)`,
    pod: ['Pending'],
    events: [['FailedScheduling', `0/8 nodes are available: 8 node(s) didn't match node selector.`]],
  },
  {
    cause: 'NodeAffinityMismatch',
    source: 'kubernetes/kubernetes pkg/kubelet/lifecycle/predicate.go (kubelet)',
    pod: [
      'Failed',
      'NodeAffinity',
      "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
  },
  {
    cause: 'VolumeZoneMismatch',
    source: `${gh}/jupyterhub/zero-to-jupyterhub-k8s/issues/3263 (scheduler)`,
    pod: ['Pending'],
    unschedulable: `0/3 nodes are available: 1 node(s) had volume node affinity conflict, 2 node(s) didn't match Pod's node affinity/selector.`,
  },
  {
    cause: 'VolumeZoneMismatch',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/plugins/volumebinding/binder.go',
    pod: ['Pending'],
    events: [
      ['FailedScheduling', `0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind.`],
    ],
  },
  {
    cause: 'Unschedulable',
    source: `${gh}/red-hat-storage/ocs-operator/pull/4163 (scheduler)`,
    pod: ['Pending'],
    unschedulable: `0/6 nodes are available: 6 node(s) didn't match pod topology spread constraints. preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.`,
  },
  {
    cause: 'Unschedulable',
    source: `${gh}/hwameistor/hwameistor/issues/1448 (scheduler)`,
    pod: ['Pending'],
    events: [['FailedScheduling', `0/3 nodes are available: 3 node(s) didn't match pod affinity rules.`]],
  },
  {
    cause: 'NodeNotReady',
    source: 'kubernetes/kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go',
    node: [['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']],
    events: [
      [
        'Unhealthy',
        'Readiness probe failed: Get "http://10.0.0.7:8080/ready": dial tcp 10.0.0.7:8080: connect: no route to host',
      ],
    ],
  },
  {
    cause: 'NodeNotReady',
    source: `${gh}/nds-org/jupyter-et/issues/13 (kubelet)`,
    node: [
      [
        'Ready',
        'False',
        'KubeletNotReady',
        'PLEG is not healthy: pleg was last seen active 16h17m50.791825508s ago; threshold is 3m0s',
      ],
    ],
  },
  {
    cause: 'NodeNotReady',
    source: 'kubernetes/kubernetes pkg/controller/util/node/controller_utils.go (a lost pod)',
    pod: ['Unknown', 'NodeLost', 'Node node-1 which was running pod agent-x7k2p is unresponsive'],
    node: [['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']],
  },
  {
    cause: 'NodePressure',
    source: `${gh}/cloud-ark/kubeplus/issues/1382 (kubelet)`,
    pod: [
      'Failed',
      'Evicted',
      'The node was low on resource: ephemeral-storage. Threshold quantity: 2146223340, available: 1883424Ki. Container agent was using 10304Ki, request is 10Mi, has larger consumption of ephemeral-storage. ',
    ],
  },
  {
    cause: 'NodePressure',
    source: `${gh}/operate-first/apps/issues/1352 (kubelet, at admission)`,
    pod: ['Failed', 'Evicted', 'Pod The node had condition: [DiskPressure]. '],
    node: [['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure']],
  },
  {
    cause: 'NodePressure',
    source: `${gh}/kubernetes/kubernetes/issues/57442 (kubelet 1.8)`,
    pod: ['Failed', 'Evicted', 'The node was low on resource: [DiskPressure].'],
  },
  {
    cause: 'EphemeralStorageExceeded',
    source: `${gh}/artifact-keeper/artifact-keeper-iac/issues/153 (kubelet)`,
    pod: ['Failed', 'Evicted', 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. '],
  },
  {
    cause: 'EphemeralStorageExceeded',
    source: 'kubernetes/kubernetes pkg/kubelet/eviction/helpers.go',
    events: [['Evicted', 'Usage of EmptyDir volume "buffer" exceeds the limit "1Gi". ']],
    pod: ['Failed', 'Evicted', 'Usage of EmptyDir volume "buffer" exceeds the limit "1Gi". '],
  },
  {
    cause: 'NodeShutdown',
    source: 'kubernetes/kubernetes pkg/kubelet/nodeshutdown/nodeshutdown_manager.go',
    pod: ['Failed', 'Terminated', 'Pod was terminated in response to imminent node shutdown.'],
  },
  {
    cause: 'NodeShutdown',
    source: `${gh}/kubernetes/kubernetes/pull/102840 (kubelet 1.21)`,
    pod: ['Failed', 'Shutdown', 'Node is shutting, evicting pods'],
  },
  {
    cause: 'Preempted',
    source: `${gh}/kubernetes/kubernetes/issues/92906 (kubelet)`,
    pod: ['Failed', 'Preempting', 'Preempted in order to admit critical pod'],
  },
  {
    cause: 'Preempted',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/preemption/preemption.go',
    events: [['Preempted', 'Preempted by pod 1f0c9a on node node-1']],
  },
  {
    cause: 'DeviceUnavailable',
    source: `${gh}/kubernetes/kubernetes/issues/130145 (kubelet)`,
    pod: [
      'Failed',
      'UnexpectedAdmissionError',
      'Pod Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested:1, Available: 0, which is unexpected',
    ],
  },
  {
    cause: 'DeviceUnavailable',
    source: `${gh}/openshift/instaslice-operator/issues/140 (kubelet)`,
    pod: [
      'Failed',
      'UnexpectedAdmissionError',
      'Pod was rejected: Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/mig-1g.5gb, which is unexpected',
    ],
  },
  {
    cause: 'NetworkSetupFailed',
    source: `${gh}/k3d-io/k3d/issues/1258 (containerd)`,
    waiting: ['ContainerCreating'],
    events: [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "c9c9": plugin type="flannel" failed (add): open /run/flannel/subnet.env: no such file or directory',
      ],
    ],
  },
  {
    cause: 'NetworkSetupFailed',
    source: `${gh}/cri-o/cri-o/issues/1523 (CRI-O)`,
    events: [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create pod network sandbox k8s_agent-x7k2p_monitoring_94ed_0(35e3): cni config uninitialized',
      ],
    ],
  },
  {
    cause: 'NetworkSetupFailed',
    source: `${gh}/kubernetes/kubernetes/issues/92903 (dockershim)`,
    events: [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = [failed to set up sandbox container "3fe3" network for pod "agent-x7k2p": networkPlugin cni failed to set up pod "agent-x7k2p_monitoring" network: netplugin failed with no error message]',
      ],
    ],
  },
  {
    cause: 'NetworkSetupFailed',
    source:
      'kubernetes/kubernetes pkg/kubelet/kubelet_node_status.go and containerd/containerd internal/cri/server/status.go',
    node: [
      [
        'Ready',
        'False',
        'KubeletNotReady',
        'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
      ],
    ],
  },
  {
    cause: 'SandboxFailed',
    source: `${gh}/k3s-io/k3s/issues/176 (containerd, the pause image)`,
    events: [
      [
        'FailedCreatePodSandBox',
        'Failed create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "registry.example/pause:3.9": failed to pull image "registry.example/pause:3.9": unexpected EOF',
      ],
    ],
  },
  {
    cause: 'SandboxFailed',
    source: 'cri-o/cri-o internal/lib/container_server.go (CRI-O)',
    events: [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = error reserving pod name k8s_agent-x7k2p_monitoring_0 for id 35e3: name is reserved',
      ],
    ],
  },
  {
    cause: 'StuckTerminating',
    source: 'kubernetes/api core/v1 (a finalizer of a controller that is gone)',
    finalizers: ['agents.example/drain'],
    terminatingForMs: 240_000,
  },
  {
    cause: 'StuckTerminating',
    source: `${gh}/projectcalico/calico/issues/7220 (kubelet)`,
    terminatingForMs: 600_000,
    events: [
      [
        'FailedKillPod',
        'error killing pod: failed to "KillPodSandbox" for "00a3" with KillPodSandboxError: "rpc error: code = Unknown desc = failed to destroy network for sandbox"',
      ],
    ],
  },
  {
    cause: 'StuckTerminating',
    source: `${gh}/huzhengchuan/dailywork/issues/3 (kubelet, a busy mount)`,
    terminatingForMs: 600_000,
    events: [
      [
        'FailedUnMount',
        'UnmountVolume.TearDown failed for volume "data" : rename /var/lib/kubelet/pods/a2e3/volumes/data: device or resource busy',
      ],
    ],
  },
];
