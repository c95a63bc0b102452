import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';

/** The longest the API server of the local stack is asked for; a token of a longer life would be refused by others. */
const tokenLifeSeconds = 365 * 24 * 3600;

/**
 * Writes a kubeconfig that holds nothing but a fresh token of one service account (valid for a year), so that whoever
 * uses it has that account's rights and no more. Its context is named like the admin's. Applies nothing: the account
 * must exist. Returns `outFile`, readable by the owner only.
 */
export async function serviceAccountKubeconfig(
  adminKubeconfig: string,
  namespace: string,
  serviceAccount: string,
  outFile: string,
): Promise<string> {
  const admin = loadKubeConfig(adminKubeconfig);
  const cluster = admin.getCurrentCluster();
  if (!cluster) throw new Error(`kubeconfig ${adminKubeconfig} has no current cluster`);
  const { status } = await admin.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    name: serviceAccount,
    namespace,
    body: { spec: { audiences: [], expirationSeconds: tokenLifeSeconds } },
  });
  if (!status) throw new Error(`the API server gave no token for service account ${namespace}/${serviceAccount}`);
  const context = admin.getCurrentContext();
  const ca = cluster.caData ?? undefined;
  mkdirSync(dirname(outFile), { recursive: true });
  writeFileSync(
    outFile,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': context,
      clusters: [
        {
          name: context,
          cluster: {
            server: cluster.server,
            ...(ca === undefined ? { 'certificate-authority': cluster.caFile } : { 'certificate-authority-data': ca }),
          },
        },
      ],
      users: [{ name: serviceAccount, user: { token: status.token } }],
      contexts: [{ name: context, context: { cluster: context, user: serviceAccount, namespace } }],
    }),
    { mode: 0o600 },
  );
  chmodSync(outFile, 0o600);
  return outFile;
}
