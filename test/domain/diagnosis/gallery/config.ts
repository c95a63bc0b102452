import type { Case } from './case.ts';

const gh = 'https://github.com';
const setUp = 'MountVolume.SetUp failed for volume "config" : ';
const late: [string, string] = [
  'FailedMount',
  'Unable to attach or mount volumes: unmounted volumes=[config], unattached volumes=[config kube-api-access-rhbw9]: timed out waiting for the condition',
];

/** Texts about ConfigMaps, Secrets, service accounts and volumes. */
export const configCases: Case[] = [
  {
    cause: 'ConfigMapMissing',
    source: `${gh}/cuishuaigit/k8s-monitor/issues/2 (kubelet, a volume)`,
    pod: ['Pending'],
    waiting: ['ContainerCreating'],
    events: [['FailedMount', `${setUp}configmap "agent-config" not found`], late],
  },
  {
    cause: 'ConfigMapMissing',
    source: 'kubernetes/kubernetes pkg/kubelet/kubelet_pods.go (kubelet, the environment)',
    pod: ['Pending'],
    waiting: ['CreateContainerConfigError', 'configmap "agent-config" not found'],
    events: [['Failed', 'Error: configmap "agent-config" not found']],
  },
  {
    cause: 'SecretMissing',
    source: `${gh}/projectcontour/contour/issues/3548 (kubelet, a volume)`,
    waiting: ['ContainerCreating'],
    events: [late, ['FailedMount', `${setUp}secret "agent-tls" not found`]],
  },
  {
    cause: 'SecretMissing',
    source: 'kubernetes/kubernetes pkg/kubelet/kubelet_pods.go (kubelet, the environment)',
    waiting: ['CreateContainerConfigError', 'secret "agent-token" not found'],
  },
  {
    cause: 'KeyMissing',
    source: `${gh}/kubernetes/kubernetes/issues/50313 (kubelet, the environment)`,
    waiting: ['CreateContainerConfigError', `couldn't find key password in Secret monitoring/agent-token`],
  },
  {
    cause: 'KeyMissing',
    source: `${gh}/kubernetes/website/issues/20043 (kubelet, a volume)`,
    events: [
      ['FailedMount', `${setUp}configmap references non-existent config key: agent.yaml`],
      [
        'FailedMount',
        'Unable to mount volumes for pod "agent-x7k2p_monitoring(fb68)": timeout expired waiting for volumes to attach or mount for pod "monitoring"/"agent-x7k2p". list of unmounted volumes=[config]',
      ],
    ],
  },
  {
    cause: 'KeyMissing',
    source: `${gh}/kubernetes/kubernetes/issues/41573 (kubelet 1.5)`,
    events: [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "kubernetes.io/configmap/b690-config" (spec.Name: "config") pod "b690" (UID: "b690") with: references non-existent config key.',
      ],
    ],
  },
  {
    cause: 'ServiceAccountMissing',
    source: `${gh}/merbridge/merbridge/pull/20 (DaemonSet controller)`,
    events: [
      [
        'FailedCreate',
        'Error creating: pods "agent-" is forbidden: error looking up service account monitoring/agent: serviceaccount "agent" not found',
      ],
    ],
  },
  {
    cause: 'ServiceAccountMissing',
    source: `${gh}/fabric8io/fabric8/issues/5972 (Kubernetes 1.2)`,
    events: [
      [
        'FailedCreate',
        'Error creating: pods "agent-" is forbidden: service account monitoring/agent was not found, retry after the service account is created',
      ],
    ],
  },
  {
    cause: 'ServiceAccountMissing',
    source: 'kubernetes/kubernetes pkg/volume/projected/projected.go (the account was removed later)',
    events: [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "kube-api-access-x7k2p" : failed to fetch token: serviceaccounts "agent" not found',
      ],
    ],
  },
  {
    cause: 'VolumeClaimMissing',
    source: 'kubernetes/kubernetes pkg/scheduler/framework/plugins/volumebinding/volume_binding.go',
    pod: ['Pending'],
    unschedulable:
      '0/12 nodes are available: persistentvolumeclaim "agent-data" not found. preemption: 0/12 nodes are available: 12 Preemption is not helpful for scheduling.',
  },
  {
    cause: 'VolumeClaimMissing',
    source: `${gh}/open-metadata/openmetadata-helm-charts/issues/417 (scheduler)`,
    pod: ['Pending'],
    events: [
      [
        'FailedScheduling',
        '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
      ],
    ],
  },
  {
    cause: 'HostPathMissing',
    source: `${gh}/kubernetes/kubernetes/issues/90263 (kubelet)`,
    waiting: ['ContainerCreating'],
    events: [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "data" : hostPath type check failed: /data is not a directory',
      ],
      late,
    ],
  },
  {
    cause: 'HostPathMissing',
    source: `${gh}/kubernetes-sigs/kind/issues/1002 (kubelet, a socket)`,
    events: [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "docker-sock" : hostPath type check failed: /var/run/docker.sock is not a socket file',
      ],
    ],
  },
  {
    cause: 'HostPathMissing',
    source: 'containerd/containerd internal/cri/server/container_create.go and containerd/cri/pull/800',
    waiting: [
      'CreateContainerError',
      'failed to generate container "58ad4ee9" spec: failed to generate spec: failed to stat "/opt/agent": stat /opt/agent: no such file or directory',
    ],
  },
  {
    cause: 'HostPathMissing',
    source: `${gh}/k3d-io/k3d/issues/765 (kubelet, a path below a volume)`,
    waiting: ['CreateContainerConfigError', 'stat /data/agent: no such file or directory'],
    events: [['Failed', 'Error: stat /data/agent: no such file or directory']],
  },
  {
    cause: 'HostPathMissing',
    source: 'containerd/containerd internal/cri/opts/spec_linux_opts.go (containerd)',
    waiting: [
      'CreateContainerError',
      'failed to generate container "1f0c" spec: failed to generate spec: failed to resolve symlink "/opt/agent": lstat /opt/agent: no such file or directory',
    ],
  },
  {
    cause: 'VolumeDriverMissing',
    source: `${gh}/kubernetes-csi/csi-driver-nfs/issues/918 (kubelet)`,
    events: [
      [
        'FailedMount',
        'MountVolume.MountDevice failed for volume "pvc-d378" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name nfs.csi.k8s.io not found in the list of registered CSI drivers',
      ],
    ],
  },
  {
    cause: 'VolumeDriverMissing',
    source: `${gh}/ceph/ceph-csi/issues/710 (kubelet 1.15)`,
    events: [
      [
        'FailedMount',
        'Unable to mount volumes for pod "agent-x7k2p_monitoring(3ebc)": timeout expired waiting for volumes to attach or mount for pod "monitoring"/"agent-x7k2p"',
      ],
      [
        'FailedMount',
        'MountVolume.MountDevice failed for volume "pvc-5d31" : driver name rbd.csi.ceph.com not found in the list of registered CSI drivers',
      ],
    ],
  },
  {
    cause: 'VolumeDriverMissing',
    source: `${gh}/longhorn/longhorn/issues/6435 (attach controller, of the external attacher)`,
    events: [
      [
        'FailedAttachVolume',
        'AttachVolume.Attach failed for volume "pvc-5d31" : CSINode node-1 does not contain driver ebs.csi.aws.com',
      ],
    ],
  },
  {
    cause: 'VolumeTimeout',
    source: `${gh}/kubernetes/kubernetes/issues/93563 (kubelet 1.18)`,
    waiting: ['ContainerCreating'],
    events: [late],
  },
  {
    cause: 'VolumeTimeout',
    source: 'kubernetes/kubernetes pkg/kubelet/volumemanager/volume_manager.go (kubelet 1.28)',
    events: [
      [
        'FailedMount',
        'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: context deadline exceeded',
      ],
    ],
  },
  {
    cause: 'VolumeTimeout',
    source: `${gh}/bcgov/platform-services/issues/70 (attach controller)`,
    events: [
      [
        'FailedAttachVolume',
        `Multi-Attach error for volume "pvc-28fe" Volume is already exclusively attached to one node and can't be attached to another`,
      ],
    ],
  },
  {
    cause: 'MountFailed',
    source: `${gh}/nfs-ganesha/nfs-ganesha/issues/399 (kubelet and mount.nfs)`,
    events: [
      [
        'FailedMount',
        'MountVolume.SetUp failed for volume "data" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs 10.98.14.12:/claim /var/lib/kubelet/pods/b586/volumes/kubernetes.io~nfs/data\nOutput: mount.nfs: Connection refused',
      ],
    ],
  },
  {
    cause: 'MountFailed',
    source: `${gh}/equinixmetal-archive/csi-packet/issues/82 (a CSI driver)`,
    events: [
      [
        'FailedMount',
        'MountVolume.MountDevice failed for volume "pvc-7c1d" : rpc error: code = Unknown desc = devicePath error, file not found for pattern /dev/disk/by-path/...',
      ],
    ],
  },
];
