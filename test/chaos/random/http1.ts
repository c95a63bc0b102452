import type { KubeConfig } from '@kubernetes/client-node';

type Dispatch = (options: object, handler: unknown) => unknown;

interface Composable {
  compose(wrap: (dispatch: Dispatch) => Dispatch): Composable;
}

/**
 * Makes a configuration use HTTP/1.1. With undici 8.12.4 an HTTP/2 stream can emit `error` without a listener when the API server
 * dies in the middle of a request, which ends the process: the run must outlive what it does to the worker.
 */
export function overHttp1(config: KubeConfig): KubeConfig {
  const create: unknown = Reflect.get(config, 'createDispatcher');
  if (typeof create !== 'function') throw new Error('KubeConfig has no createDispatcher');
  const made = new Map<unknown, unknown>();
  Reflect.set(config, 'createDispatcher', (...args: unknown[]): unknown => {
    const dispatcher: Composable | undefined = create.apply(config, args);
    if (dispatcher === undefined) return undefined;
    const known = made.get(dispatcher);
    if (known !== undefined) return known;
    const wrapped = dispatcher.compose((dispatch) => {
      return (options, handler) => dispatch({ ...options, allowH2: false }, handler);
    });
    made.set(dispatcher, wrapped);
    return wrapped;
  });
  return config;
}
