import type { Case } from './case.ts';

const gh = 'https://github.com';
const pull = 'Failed to pull image "registry.example/agent:2.0": ';
const rpc = (code: string): string => `${pull}rpc error: code = ${code} desc = `;
const unpack = 'failed to pull and unpack image "registry.example/agent:2.0": ';
const resolve = `${unpack}failed to resolve reference "registry.example/agent:2.0": `;
const backOff: [string, string] = ['BackOff', 'Back-off pulling image "registry.example/agent:2.0"'];
const inBackOff: [string, string] = ['ImagePullBackOff', 'Back-off pulling image "registry.example/agent:2.0"'];

/** Texts about images and registries. */
export const imageCases: Case[] = [
  {
    cause: 'ImageMissing',
    source: `${gh}/kubernetes-sigs/provider-aws-test-infra/pull/281 (containerd)`,
    waiting: inBackOff,
    events: [
      backOff,
      ['Failed', `${rpc('NotFound')}${resolve}registry.example/agent:2.0: not found`],
      ['Failed', 'Error: ErrImagePull'],
    ],
  },
  {
    cause: 'ImageMissing',
    source: `${gh}/cri-o/cri-o/issues/4388 (CRI-O)`,
    waiting: [
      'ErrImagePull',
      'rpc error: code = Unknown desc = Error reading manifest 2.0 in registry.example/agent: manifest unknown: manifest unknown',
    ],
  },
  {
    cause: 'ImageMissing',
    source: `${gh}/lachie83/k8s-kubectl/issues/157 (Docker)`,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}Error response from daemon: manifest for registry.example/agent:2.0 not found: manifest unknown: manifest unknown`,
      ],
    ],
  },
  {
    cause: 'ImageMissing',
    source: `${gh}/podman-container-tools/podman/issues/9990 (containers/image)`,
    waiting: inBackOff,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}Error initializing source docker://registry.example/agent:2.0: Error reading manifest 2.0 in registry.example/agent: name unknown`,
      ],
    ],
  },
  {
    cause: 'ImageUnauthorised',
    source: `${gh}/containerd/containerd/issues/5246 (containerd)`,
    waiting: inBackOff,
    events: [['Failed', `${rpc('Unknown')}${resolve}unexpected status code [manifests 2.0]: 401 Unauthorized`]],
  },
  {
    cause: 'ImageUnauthorised',
    source: `${gh}/containerd/containerd/issues/7064 (containerd and Docker Hub, which hides what there is)`,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}${resolve}pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
      ],
      backOff,
    ],
  },
  {
    cause: 'ImageUnauthorised',
    source: `${gh}/intel/intel-device-plugins-for-kubernetes/issues/868 (CRI-O)`,
    waiting: [
      'ErrImagePull',
      'reading manifest 2.0 in registry.example/agent: unauthorized: access to the requested resource is not authorized',
    ],
  },
  {
    cause: 'ImageUnauthorised',
    source: `${gh}/cri-o/cri-o/issues/2331 (CRI-O)`,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}Error reading manifest 2.0 in registry.example/agent: errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required`,
      ],
      [
        'FailedToRetrieveImagePullSecret',
        'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
      ],
    ],
  },
  {
    cause: 'ImageUnauthorised',
    source: `${gh}/kubernetes/minikube/issues/20613 (Docker)`,
    events: [
      [
        'Failed',
        `${pull}Error response from daemon: pull access denied for agent, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
      ],
    ],
  },
  {
    cause: 'WrongArchitecture',
    source: `${gh}/FoundationDB/fdb-kubernetes-operator/issues/2294 (containerd)`,
    waiting: inBackOff,
    events: [['Failed', `${rpc('NotFound')}${unpack}no match for platform in manifest: not found`]],
  },
  {
    cause: 'WrongArchitecture',
    source: `${gh}/cri-o/cri-o/issues/8781 (CRI-O)`,
    events: [
      [
        'Failed',
        `${pull}choosing an image from manifest list docker://registry.example/agent:2.0: no image found in image index for architecture "arm64", variant "v8", OS "linux"`,
      ],
    ],
  },
  {
    cause: 'WrongArchitecture',
    source: `${gh}/kube-rbac-proxy/kube-rbac-proxy/issues/79 (Docker)`,
    events: [['Failed', `${rpc('Unknown')}no matching manifest for linux/arm64/v8 in the manifest list entries`]],
  },
  {
    cause: 'WrongArchitecture',
    source: `${gh}/kubernetes/node-problem-detector/issues/797 (runc 1.1)`,
    waiting: ['CrashLoopBackOff', 'back-off 5m0s restarting failed container=agent pod=agent-x7k2p'],
    ended: [255],
    log: ['exec /agent: exec format error'],
  },
  {
    cause: 'WrongArchitecture',
    source: `${gh}/combor/k8s-mongo-labeler-sidecar/issues/14 (runc 1.0)`,
    waiting: ['CrashLoopBackOff'],
    ended: [1],
    log: ['standard_init_linux.go:228: exec user process caused: exec format error'],
  },
  {
    cause: 'RegistryLimit',
    source: `${gh}/kata-containers/kata-containers/issues/10109 (containerd)`,
    waiting: inBackOff,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}${unpack}failed to copy: httpReadSeeker: failed open: unexpected status code https://registry.example/v2/agent/manifests/sha256:50aa: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.`,
      ],
    ],
  },
  {
    cause: 'RegistryLimit',
    source: `${gh}/ceph/ceph-csi/issues/2029 (Docker)`,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading`,
      ],
      backOff,
    ],
  },
  {
    cause: 'RegistryLimit',
    source: 'kubernetes/kubernetes pkg/kubelet/images/helpers.go (the limit of the kubelet itself)',
    waiting: ['ErrImagePull', 'pull QPS exceeded'],
    events: [['Failed', `${pull}pull QPS exceeded`]],
  },
  {
    cause: 'RegistryUnreachable',
    source: `${gh}/ketches/registry-proxy/issues/3 (containerd)`,
    waiting: inBackOff,
    events: [
      [
        'Failed',
        `${rpc('DeadlineExceeded')}${resolve}failed to authorize: failed to fetch anonymous token: Get "https://auth.registry.example/token?scope=repository%3Aagent%3Apull": dial tcp 199.59.148.222:443: i/o timeout`,
      ],
    ],
  },
  {
    cause: 'RegistryUnreachable',
    source: `${gh}/cri-o/cri-o/issues/2723 (CRI-O)`,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}pinging docker registry returned: Get http://registry.example/v2/: dial tcp 34.199.40.84:80: i/o timeout`,
      ],
    ],
  },
  {
    cause: 'RegistryUnreachable',
    source: `${gh}/cri-o/cri-o/issues/2331 (CRI-O behind a proxy)`,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}error pinging docker registry registry.example: Get "https://registry.example/v2/": proxyconnect tcp: dial tcp: lookup http: Temporary failure in name resolution`,
      ],
    ],
  },
  {
    cause: 'RegistryUnreachable',
    source: `${gh}/kubernetes/kubernetes/issues/43924 (a certificate)`,
    waiting: inBackOff,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}${resolve}failed to do request: Head "https://registry.example/v2/agent/manifests/2.0": x509: certificate signed by unknown authority`,
      ],
    ],
  },
  {
    cause: 'RegistryUnreachable',
    source: 'kubernetes/kubernetes pkg/kubelet/images/image_manager.go',
    waiting: [
      'RegistryUnavailable',
      'image pull failed for registry.example/agent:2.0 because the registry is unavailable.',
    ],
  },
  {
    cause: 'InvalidImageName',
    source: `${gh}/jupyterhub/zero-to-jupyterhub-k8s/issues/472 (kubelet)`,
    waiting: [
      'InvalidImageName',
      `Failed to apply default image tag "None:None": couldn't parse image reference "None:None": invalid reference format: repository name must be lowercase`,
    ],
  },
  {
    cause: 'InvalidImageName',
    source: `${gh}/kubernetes/kubernetes/pull/116231 (kubelet 1.28)`,
    events: [
      [
        'InspectFailed',
        `Failed to apply default image tag "agent:2.0:2.0": couldn't parse image name "agent:2.0:2.0": invalid reference format`,
      ],
      ['Failed', 'Error: InvalidImageName'],
    ],
  },
  {
    cause: 'ImageNeverPulled',
    source: 'kubernetes/kubernetes pkg/kubelet/images/image_manager.go',
    waiting: [
      'ErrImageNeverPull',
      'Container image "registry.example/agent:2.0" is not present with pull policy of Never',
    ],
  },
  {
    cause: 'ImageNeverPulled',
    source: 'kubernetes/kubernetes pkg/kubelet/images/types.go',
    events: [
      ['ErrImageNeverPull', 'Container image "registry.example/agent:2.0" is not present with pull policy of Never'],
      ['Failed', 'Error: ErrImageNeverPull'],
    ],
  },
  {
    cause: 'ImageSignature',
    source: `${gh}/containers/image/issues/1953 (CRI-O)`,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}copying system image from manifest list: Source image rejected: A signature was required, but no signature exists`,
      ],
    ],
  },
  {
    cause: 'ImageSignature',
    source: `${gh}/cri-o/cri-o/pull/8656 and ${gh}/kubernetes/kubernetes/pull/117717 (CRI-O 1.31)`,
    waiting: [
      'SignatureValidationFailed',
      'image pull failed for registry.example/agent:2.0 because the signature validation failed',
    ],
  },
  {
    cause: 'DiskFull',
    source: `${gh}/rancher/k3os/issues/55 (containerd)`,
    waiting: ['ErrImagePull'],
    events: [
      [
        'Failed',
        `${rpc('Unknown')}${unpack}failed to extract layer sha256:5dac: mount callback failed on /var/lib/containerd/tmpmounts/containerd-mount2529: write /lib/libc-2.24.so: no space left on device: unknown`,
      ],
    ],
  },
  {
    cause: 'DiskFull',
    source: `${gh}/tableau/tableau-server-in-kubernetes/issues/14 (Docker)`,
    events: [
      [
        'Failed',
        `${rpc('Unknown')}failed to register layer: Error processing tar file(exit status 1): write /agent.rpm: no space left on device`,
      ],
      backOff,
    ],
  },
];
