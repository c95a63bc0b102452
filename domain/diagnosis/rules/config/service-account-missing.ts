import { nameOr, namespaceOf, type Rule, seek } from '../../rule.ts';
import { mounts } from '../symptoms.ts';

const wordings = [
  /service account (?<namespace>[\w.-]{1,63})\/(?<name>[\w.-]{1,253}) was not found/,
  /error looking up service account (?<namespace>[\w.-]{1,63})\/(?<name>[\w.-]{1,253})/,
  /failed to fetch token: .{0,80}serviceaccounts? "(?<name>[\w.-]{1,253})" not found/,
  /serviceaccounts? "(?<name>[\w.-]{1,253})" not found/i,
];

/** The service account of the template does not exist, so no pod is created, or its token cannot be made. */
export const serviceAccountMissing: Rule = {
  cause: 'ServiceAccountMissing',
  row: {
    shows:
      'event `FailedCreate` of the DaemonSet: `error looking up service account`; or `FailedMount` of `kube-api-access` with `serviceaccounts "NAME" not found`',
    means: 'the template names a service account that is not in the namespace',
    todo: 'add the ServiceAccount to git, or correct `serviceAccountName`',
  },
  best: 'high',
  rank: 3,
  explains: [...mounts, 'AdmissionDenied'],
  changedBy: /serviceAccount/,
  find(facts) {
    const hit = seek(facts, ['event', 'refusal'], wordings);
    if (hit === null) return null;
    const name = nameOr(hit.get('name'), 'NAME');
    const namespace = nameOr(hit.get('namespace'), namespaceOf(facts));
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `Service account ${name} does not exist in namespace ${namespace}.`,
      nextStep: `Add ServiceAccount ${name} to the manifests in git, or run "kubectl -n ${namespace} create serviceaccount ${name}".`,
    };
  },
};
