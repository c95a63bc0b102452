import type { Case } from './case.ts';

const gh = 'https://github.com';
const create = 'Error creating: pods "agent-" is forbidden: ';

/** Texts of the API server: what it refuses, and what the program may not do. */
export const admissionCases: Case[] = [
  {
    cause: 'PodSecurity',
    source: `${gh}/grafana/agent/issues/3373 (DaemonSet controller)`,
    events: [
      [
        'FailedCreate',
        `${create}violates PodSecurity "baseline:latest": hostPath volumes (volumes "varlog", "data"), privileged (container "agent" must not set securityContext.privileged=true)`,
      ],
    ],
  },
  {
    cause: 'PodSecurity',
    source: `${gh}/kubernetes-sigs/sig-storage-local-static-provisioner/issues/146 (OpenShift)`,
    events: [
      [
        'FailedCreate',
        `${create}unable to validate against any security context constraint: [spec.volumes[1]: Invalid value: "hostPath": hostPath volumes are not allowed to be used]`,
      ],
    ],
  },
  {
    cause: 'PodSecurity',
    source: `${gh}/kubeshark/kubeshark/issues/1364 (PodSecurityPolicy)`,
    events: [
      [
        'FailedCreate',
        `${create}PodSecurityPolicy: unable to admit pod: [spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used]`,
      ],
    ],
  },
  {
    cause: 'AdmissionDenied',
    source: `${gh}/uoe-eidf-cluster-users/eidf-epcc-cluster/issues/26 (a webhook)`,
    events: [
      [
        'FailedCreate',
        'Error creating: admission webhook "validation.gatekeeper.sh" denied the request: [limits] container <agent> has no cpu limit',
      ],
    ],
  },
  {
    cause: 'AdmissionDenied',
    source: `${gh}/ansible/galaxy-operator/pull/198 (ValidatingAdmissionPolicy)`,
    refusals: [
      `daemonsets.apps "agent" is forbidden: ValidatingAdmissionPolicy 'require-owner' with binding 'require-owner-binding' denied request: label owner is required`,
    ],
  },
  {
    cause: 'WebhookUnavailable',
    source: `${gh}/CrowdStrike/falcon-helm/issues/281 (DaemonSet controller)`,
    events: [
      [
        'FailedCreate',
        'Error creating: Internal error occurred: failed calling webhook "injector.agents.svc": failed to call webhook: Post "https://injector.agents.svc:443/mutate?timeout=30s": service "injector" not found',
      ],
    ],
  },
  {
    cause: 'WebhookUnavailable',
    source: `${gh}/gocrane/crane/issues/345 (answer to a write)`,
    refusals: [
      'Internal error occurred: failed calling webhook "check.agents.io": failed to call webhook: Post "https://check.agents.svc:443/validate?timeout=10s": x509: certificate signed by unknown authority',
    ],
  },
  {
    cause: 'QuotaExceeded',
    source: `${gh}/hmcts/cnp-flux-config/pull/2122 (quota admission)`,
    events: [
      [
        'FailedCreate',
        `${create}exceeded quota: compute, requested: requests.cpu=20, used: requests.cpu=32575m, limited: requests.cpu=50`,
      ],
    ],
  },
  {
    cause: 'QuotaExceeded',
    source: `${gh}/m3o/backend/pull/378 (quota admission)`,
    events: [
      [
        'FailedCreate',
        `${create}failed quota: compute: must specify limits.cpu,limits.memory,requests.cpu,requests.memory`,
      ],
    ],
  },
  {
    cause: 'QuotaExceeded',
    source: `${gh}/openebs-archive/cstor-operators/issues/196 (priority classes)`,
    events: [
      [
        'FailedCreate',
        'Error creating: insufficient quota to match these scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}]',
      ],
    ],
  },
  {
    cause: 'LimitRangeExceeded',
    source: `${gh}/harn3ss/open-infra/issues/9 (LimitRanger)`,
    events: [['FailedCreate', `${create}maximum memory usage per Container is 4Gi, but limit is 8Gi`]],
  },
  {
    cause: 'LimitRangeExceeded',
    source: 'kubernetes/kubernetes plugin/pkg/admission/limitranger/admission.go',
    events: [['FailedCreate', `${create}minimum cpu usage per Container is 200m, but request is 100m`]],
  },
  {
    cause: 'PriorityClassMissing',
    source: `${gh}/openshift/hypershift/pull/443 (DaemonSet controller)`,
    events: [['FailedCreate', `${create}no PriorityClass with name node-agents was found`]],
  },
  {
    cause: 'PriorityClassMissing',
    source: 'kubernetes/kubernetes plugin/pkg/admission/priority/admission.go (answer to a write)',
    refusals: ['pods "agent" is forbidden: no PriorityClass with name node-agents was found'],
  },
  {
    cause: 'RuntimeClassMissing',
    source: `${gh}/canonical/microk8s/issues/2359 (admission)`,
    events: [['FailedCreate', `${create}pod rejected: RuntimeClass "gvisor" not found`]],
  },
  {
    cause: 'RuntimeClassMissing',
    source: `${gh}/NVIDIA/gpu-operator/issues/730 (containerd)`,
    waiting: ['ContainerCreating'],
    events: [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "nvidia" is configured',
      ],
    ],
  },
  {
    cause: 'RuntimeClassMissing',
    source: `${gh}/openshift-kni/numaresources-operator/pull/4979 (CRI-O)`,
    events: [
      [
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to find runtime handler kata from runtime list map[crun:0xc0005]',
      ],
    ],
  },
  {
    cause: 'SelectorMismatch',
    source: `${gh}/draios/sysdig-cloud-scripts/issues/133 (answer to a write)`,
    refusals: [
      'DaemonSet.apps "agent" is invalid: spec.template.metadata.labels: Invalid value: map[string]string{"app":"agent"}: `selector` does not match template `labels`',
    ],
  },
  {
    cause: 'SelectorMismatch',
    source: `${gh}/vre-hub/vre/pull/212 (answer to a write)`,
    refusals: [
      'DaemonSet.apps "agent" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"agent"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
    ],
  },
  {
    cause: 'ObjectInvalid',
    source: 'kubernetes/kubernetes pkg/apis/core/validation/validation.go (answer to a write)',
    refusals: [
      'DaemonSet.apps "agent" is invalid: spec.template.spec.containers[0].volumeMounts[0].name: Not found: "confg"',
    ],
  },
  {
    cause: 'ObjectInvalid',
    source: 'kubernetes-sigs/structured-merge-diff typed/parser.go (server-side apply)',
    refusals: [
      'failed to create typed patch object (monitoring/agent; apps/v1, Kind=DaemonSet): .spec.template.spec.container: field not declared in schema',
    ],
  },
  {
    cause: 'ApiForbidden',
    source: `${gh}/apecloud/kubeblocks/issues/3612 (client-go)`,
    waiting: ['CrashLoopBackOff'],
    ended: [1],
    log: [
      'I0607 04:02:11.100112       1 main.go:60] starting',
      'E0607 04:03:12.682799       1 reflector.go:140] pkg/mod/k8s.io/client-go@v0.26.1/tools/cache/reflector.go:169: Failed to watch *v1.DaemonSet: failed to list *v1.DaemonSet: daemonsets.apps is forbidden: User "system:serviceaccount:monitoring:agent" cannot list resource "daemonsets" in API group "apps" at the cluster scope',
      'F0607 04:03:42.001201       1 main.go:88] caches did not sync',
    ],
  },
  {
    cause: 'ApiForbidden',
    source: `${gh}/vmware-archive/kubewatch/issues/95 (client-go before Kubernetes 1.12)`,
    ended: [255],
    log: [
      'E0418 04:56:17.489683       1 reflector.go:201] controller.go:147: Failed to list *v1.Pod: pods is forbidden: User "system:serviceaccount:monitoring:default" cannot list pods at the cluster scope',
    ],
  },
  {
    cause: 'ApiForbidden',
    source:
      'kubernetes/kubernetes staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go (as JSON)',
    waiting: ['CrashLoopBackOff'],
    ended: [1],
    log: [
      String.raw`{"kind":"Status","status":"Failure","message":"configmaps \"agent\" is forbidden: User \"system:serviceaccount:monitoring:agent\" cannot update resource \"configmaps\" in API group \"\" in the namespace \"monitoring\"","reason":"Forbidden","code":403}`,
    ],
  },
];
