import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KubeConfig } from '@kubernetes/client-node';
import { createClusterClient } from '../../activities/cluster/client.ts';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { testStack } from './stack.ts';

/** Where the API server asks for the logs of some nodes. */
export interface FakeKubelet {
  /** Lets the API server ask here for the logs of this node's containers. */
  serve(node: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The part of a kubelet that serves logs, which simulated nodes lack. `log` gets namespace, pod and container; undefined is answered
 * as a kubelet answers for a container that it does not have.
 */
export async function startKubelet(
  log: (namespace: string, pod: string, container: string) => string | undefined,
): Promise<FakeKubelet> {
  const config = loadKubeConfig((await testStack()).kubeconfigFile);
  const server = createServer(credentials(config), (request, response) => {
    const [, path, namespace = '', pod = '', container = ''] = new URL(request.url ?? '/', 'https://x').pathname.split(
      '/',
    );
    const text = path === 'containerLogs' ? log(namespace, pod, container) : undefined;
    response.writeHead(text === undefined ? 400 : 200, { 'content-type': 'text/plain' });
    response.end(text ?? `previous terminated container "${container}" in pod "${pod}" not found`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const kube = createClusterClient(config);
  return {
    serve: async (node) => {
      const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
      const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } };
      await kube.patch(`${paths.node(node)}/status`, { status }, { type: 'merge' });
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** The API server does not check who a kubelet is unless it is given a CA for that, so any pair of key and certificate will do. */
function credentials(config: KubeConfig): { key: Buffer; cert: Buffer } {
  const user = config.getCurrentUser();
  const read = (data: string | undefined, file: string | undefined): Buffer =>
    data === undefined ? readFileSync(file ?? '') : Buffer.from(data, 'base64');
  return { key: read(user?.keyData, user?.keyFile), cert: read(user?.certData, user?.certFile) };
}
