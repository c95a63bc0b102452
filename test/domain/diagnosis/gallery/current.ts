import type { Case } from './case.ts';

const loop: [string, string] = [
  'CrashLoopBackOff',
  'back-off 5m0s restarting failed container=agent pod=agent-x7k2p_monitoring(6f1c)',
];
const preemption =
  'no new claims to deallocate, preemption: 0/12 nodes are available: 12 Preemption is not helpful for scheduling.';
const elsewhere = "11 node(s) didn't match Pod's node affinity/selector";

/** Wordings of Kubernetes 1.36 that differ from those before, and what today's programs say when they are run. */
export const currentCases: Case[] = [
  {
    cause: 'TaintNotTolerated',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/plugins/tainttoleration (1.36 does not name the taint)',
    pod: ['Pending'],
    unschedulable: `0/12 nodes are available: 1 node(s) had untolerated taint(s), ${elsewhere}. ${preemption}`,
  },
  {
    cause: 'VolumeZoneMismatch',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/plugins/volumebinding/binder.go (1.36)',
    pod: ['Pending'],
    unschedulable: `0/12 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, ${elsewhere}. ${preemption}`,
  },
  {
    cause: 'VolumeZoneMismatch',
    source: 'kubernetes/kubernetes pkg/kubelet/volumemanager/volume_manager.go (1.36)',
    pod: [
      'Failed',
      'VolumeAttachmentLimitExceeded',
      'Node has reached its volume attachment limit, rejecting pod. unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: ',
    ],
  },
  {
    cause: 'VolumeClaimMissing',
    source:
      'kubernetes/kubernetes pkg/scheduler/framework/plugins/volumebinding/volume_binding.go (a volume that is gone)',
    pod: ['Pending'],
    unschedulable: `0/12 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "pv-7". ${preemption}`,
  },
  {
    cause: 'Unschedulable',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/plugins/interpodaffinity/filtering.go',
    pod: ['Pending'],
    unschedulable: `0/12 nodes are available: 1 node(s) didn't match pod anti-affinity rules, ${elsewhere}. no new claims to deallocate, preemption: 0/12 nodes are available: 1 No preemption victims found for incoming pod, 11 Preemption is not helpful for scheduling.`,
  },
  {
    cause: 'AdmissionDenied',
    source: 'kubernetes/apiserver pkg/admission/plugin/policy/validating/dispatcher.go (a policy without a binding)',
    refusals: [
      `daemonsets.apps "agent" is forbidden: ValidatingAdmissionPolicy 'require-owner' denied request: label owner is required`,
    ],
  },
  {
    cause: 'NodeShutdown',
    source: 'kubernetes/kubernetes pkg/kubelet/nodeshutdown/nodeshutdown_manager.go (at admission)',
    pod: ['Failed', 'NodeShutdown', 'Pod was rejected as the node is shutting down.'],
  },
  {
    cause: 'StuckTerminating',
    source: 'kubernetes/kubernetes pkg/kubelet/pod_workers.go',
    terminatingForMs: 240_000,
    events: [['ExceededGracePeriod', 'Container runtime did not kill the pod within specified grace period.']],
  },
  {
    cause: 'DeviceUnavailable',
    source: 'kubernetes/kubernetes pkg/kubelet/cm/devicemanager/manager.go and cm/admission/errors.go',
    pod: [
      'Failed',
      'UnexpectedAdmissionError',
      'Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected',
    ],
  },
  {
    cause: 'KeyMissing',
    source: 'kubernetes/kubernetes pkg/kubelet/kubelet_pods.go (a variable from a ConfigMap)',
    waiting: ['CreateContainerConfigError', "couldn't find key endpoint in ConfigMap monitoring/agent-config"],
    events: [['Failed', "Error: couldn't find key endpoint in ConfigMap monitoring/agent-config"]],
  },
  {
    cause: 'Crash',
    source: 'kubernetes/kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go (event and status)',
    waiting: loop,
    ended: [3],
    events: [['BackOff', 'Back-off restarting failed container agent in pod agent-x7k2p_monitoring(6f1c)']],
  },
  {
    cause: 'KeyMissing',
    source: 'kubernetes/kubernetes pkg/volume/secret/secret.go',
    waiting: ['ContainerCreating'],
    events: [
      ['FailedMount', 'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: tls.key'],
    ],
  },
  {
    cause: 'ProbeTimeout',
    source: 'kubernetes/kubernetes pkg/kubelet/prober/prober.go and kubernetes/cri-client pkg/remote_runtime.go',
    events: [
      [
        'Unhealthy',
        'Readiness probe errored and resulted in failure state: command timed out: "/agent check" timed out after 1s',
      ],
    ],
  },
  {
    cause: 'LifecycleHookFailing',
    source: 'kubernetes/kubernetes pkg/kubelet/kuberuntime/kuberuntime_container.go (1.36 keeps the output to itself)',
    waiting: loop,
    ended: [137],
    events: [['FailedPostStartHook', 'PostStartHook failed']],
  },
  {
    cause: 'ConnectionRefused',
    source: 'curl 7.88, run against a closed port (older ones say "Connection refused")',
    waiting: loop,
    ended: [7],
    log: ["curl: (7) Failed to connect to 10.44.0.4 port 30036 after 0 ms: Couldn't connect to server"],
  },
  {
    cause: 'ConnectionTimedOut',
    source: 'curl 7.88, run against a peer that does not answer',
    waiting: loop,
    ended: [28],
    log: ['curl: (28) Failed to connect to 127.0.0.1 port 18555 after 2002 ms: Timeout was reached'],
  },
  {
    cause: 'ConnectionTimedOut',
    source: 'Python 3.11, run against a peer that does not answer',
    waiting: loop,
    ended: [1],
    log: ['Traceback (most recent call last):', '  File "agent.py", line 3, in <module>', 'TimeoutError: timed out'],
  },
  {
    cause: 'ConnectionTimedOut',
    source: 'Node 24, run against a peer that does not answer (fetch)',
    waiting: loop,
    ended: [1],
    log: [
      'TypeError: fetch failed',
      '  [cause]: ConnectTimeoutError: Connect Timeout Error (attempted address: 10.0.0.9:443, timeout: 10000ms)',
      "    code: 'UND_ERR_CONNECT_TIMEOUT'",
    ],
  },
  {
    cause: 'CertificateRejected',
    source: 'Node 24, run against a certificate of its own making',
    waiting: loop,
    ended: [1],
    log: [
      'Error: self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
      '    at TLSSocket.onConnectSecure (node:_tls_wrap:1631:34)',
      'Emitted error event on ClientRequest instance at:',
      "  code: 'DEPTH_ZERO_SELF_SIGNED_CERT'",
    ],
  },
  {
    cause: 'CertificateRejected',
    source: 'Python 3.11, run against a certificate of its own making',
    waiting: loop,
    ended: [1],
    log: [
      'urllib.error.URLError: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)>',
    ],
  },
  {
    cause: 'CertificateRejected',
    source: 'curl 7.88, run against a certificate of its own making',
    waiting: loop,
    ended: [60],
    log: [
      'curl: (60) SSL certificate problem: self-signed certificate',
      'More details here: https://curl.se/docs/sslcerts.html',
    ],
  },
  {
    cause: 'InitContainerFailing',
    source: 'kubernetes/kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go',
    init: true,
    pod: ['Pending'],
    waiting: ['CrashLoopBackOff', 'back-off 10s restarting failed container=setup pod=agent-x7k2p_monitoring(6f1c)'],
    ended: [2],
    log: ['cannot prepare the node'],
  },
];
