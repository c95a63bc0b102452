import { existsSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { NodewaveError } from '../../domain/failures.ts';

/** What is needed of an undici dispatcher here: to let its open requests end before it goes, and to be wrapped. */
interface Closeable {
  close(): Promise<void>;
  compose(wrap: (dispatch: Dispatch) => Dispatch): Closeable;
}

type Dispatch = (options: object, handler: unknown) => unknown;

/**
 * HTTP/2, which undici takes where the server offers it, ends the whole process when an API server dies in the middle of requests:
 * with 8.12.4 a stream then emits `error` when nobody listens any more. Seen in three of four kills of an API server.
 */
const overHttp1 = (dispatch: Dispatch): Dispatch => {
  return (options, handler) => dispatch({ ...options, allowH2: false }, handler);
};

/**
 * Makes one KubeConfig reuse its connections.
 *
 * client-node 2.0.1 builds a new dispatcher, so a new TLS connection, for every request: 800 GETs opened 800
 * connections and took four times as long. The dispatcher is kept per set of TLS options, so that a rotated client
 * certificate gets a new one; the old one is closed once its requests have ended.
 */
function reuseConnections(config: KubeConfig): void {
  // The method is private to the types only; a subclass cannot reach it, and the name is checked below.
  const create: unknown = Reflect.get(config, 'createDispatcher');
  if (typeof create !== 'function') {
    throw new NodewaveError(
      'Defect',
      'this version of @kubernetes/client-node has no KubeConfig.createDispatcher, so every request would open a connection of its own',
    );
  }
  let cached: { key: string; dispatcher: Closeable | undefined } | undefined;
  const reuse = (...args: unknown[]): Closeable | undefined => {
    const key = JSON.stringify(args);
    if (cached?.key === key) return cached.dispatcher;
    const previous = cached?.dispatcher;
    const made: Closeable | undefined = create.apply(config, args);
    cached = { key, dispatcher: made?.compose(overHttp1) };
    void previous?.close().catch(() => undefined);
    return cached.dispatcher;
  };
  Reflect.set(config, 'createDispatcher', reuse);
}

/**
 * Reads a kubeconfig file and returns a client configuration that reuses its connections; make clients from one
 * instance. `context` picks an entry, the file's current context without it.
 * Throws BadInput when the file or the context does not exist.
 */
export function loadKubeConfig(file: string, context?: string): KubeConfig {
  if (!existsSync(file)) {
    throw new NodewaveError('BadInput', `kubeconfig ${file} does not exist; check the path in the clusters file`);
  }
  const config = new KubeConfig();
  config.loadFromFile(file);
  if (context !== undefined) {
    const names = config.getContexts().map((entry) => entry.name);
    if (!names.includes(context)) {
      throw new NodewaveError(
        'BadInput',
        `kubeconfig ${file} has no context "${context}"; it has ${names.length === 0 ? 'none' : names.join(', ')}`,
      );
    }
    config.setCurrentContext(context);
  }
  reuseConnections(config);
  return config;
}

const podTokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Client configuration of the pod that this process runs in, with reused connections.
 * Throws BadInput outside a pod.
 */
export function loadInClusterKubeConfig(): KubeConfig {
  // client-node does not check: outside a pod it would talk to https://undefined:undefined.
  if (!existsSync(podTokenFile)) {
    throw new NodewaveError(
      'BadInput',
      `in-cluster access needs ${podTokenFile}; run in a pod that mounts its service account token, or name a kubeconfig in the clusters file`,
    );
  }
  const config = new KubeConfig();
  config.loadFromCluster();
  reuseConnections(config);
  return config;
}
