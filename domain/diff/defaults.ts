import { canonicalJson } from '../digest.ts';
import type { FieldSetter } from '../sync.ts';
import { type Path, showPath } from './path.ts';

/** Defaults of workloads and Services by the end of their path; the API server fills them in where git says nothing. */
const defaults: readonly (readonly [end: RegExp, ...values: unknown[]])[] = [
  [/\.ports\[[^\]]*\]\.protocol$/, 'TCP'],
  [/\.imagePullPolicy$/, 'Always', 'IfNotPresent'],
  [/\.terminationMessagePath$/, '/dev/termination-log'],
  [/\.terminationMessagePolicy$/, 'File'],
  [/\.restartPolicy$/, 'Always'],
  [/\.dnsPolicy$/, 'ClusterFirst'],
  [/\.schedulerName$/, 'default-scheduler'],
  [/\.terminationGracePeriodSeconds$/, 30],
  [/\.securityContext$/, {}],
  [/\.resources$/, {}],
  [/\.emptyDir$/, {}],
  [/Probe\.(failureThreshold)$/, 3],
  [/Probe\.(periodSeconds)$/, 10],
  [/Probe\.(successThreshold|timeoutSeconds)$/, 1],
  [/\.httpGet\.scheme$/, 'HTTP'],
  [/\.httpGet\.path$/, '/'],
  [/\.grpc\.service$/, ''],
  [/\.fieldRef\.apiVersion$/, 'v1'],
  [/\.(defaultMode)$/, 420],
  [/\.hostPath\.type$/, ''],
  [/\.expirationSeconds$/, 3607, 3600],
  [/\.divisor$/, '0', 0],
  [/^spec\.revisionHistoryLimit$/, 10],
  [/^spec\.progressDeadlineSeconds$/, 600],
  [/^spec\.replicas$/, 1],
  [/^spec\.podManagementPolicy$/, 'OrderedReady'],
  [/^spec\.(sessionAffinity)$/, 'None'],
  [/^spec\.(type)$/, 'ClusterIP'],
  [/^spec\.internalTrafficPolicy$/, 'Cluster'],
  [/^spec\.(updateStrategy|strategy)\.rollingUpdate\.(maxUnavailable)$/, 1, '25%'],
  [/^spec\.(updateStrategy|strategy)\.rollingUpdate\.(maxSurge|partition)$/, 0, '25%'],
];

/** Kinds whose defaults are all in the table, as far as their pods go. */
const workloads = new Set(['DaemonSet', 'Deployment', 'StatefulSet']);

/** Resource requests follow from limits. */
const requests = /\.resources\.requests\.[\w-]+$|\.resources\.requests\["/;

/** Who has put a value there that git does not state. */
export function setterOf(apiVersion: string, kind: string, path: Path, value: unknown): FieldSetter {
  const text = showPath(path);
  // Nothing of these has a default.
  if (/^(metadata|spec\.template\.metadata)\.(labels|annotations|finalizers)/.test(text)) return 'admission';
  const known = defaults.find(([end]) => end.test(text));
  if (known?.slice(1).some((one) => canonicalJson(one) === canonicalJson(value)) === true) return 'default';
  const isWorkload = apiVersion === 'apps/v1' && workloads.has(kind);
  return isWorkload && text.startsWith('spec.template.') && !requests.test(text) ? 'admission' : 'server';
}
