import type { KubeConfig } from '@kubernetes/client-node';
import { answerError, connectionError, hasStatus, KubeError, type KubeRequest } from './kube-error.ts';
import { call } from './transport.ts';

/** Type of a watch event. A BOOKMARK carries only a resourceVersion: everything up to it has been delivered. */
export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';

/** Where a watch starts and what it selects. */
export interface WatchOptions {
  /** From the list before it; the watch delivers what happened since. */
  resourceVersion: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** When the API server ends the watch, at most 300. */
  timeoutSeconds: number;
}

/** Longest life of one watch in seconds: a connection cut silently by a middlebox is noticed at the latest then. */
export const maxWatchSeconds = 300;

/** The API server sends a bookmark about every minute; silence for longer than this means a dead connection. */
const silenceMs = 100_000;

/**
 * Watches one collection until the API server ends it (`ended`: watch again from the last resourceVersion) or the
 * resourceVersion is too old (`gone`: list again). Rejects with the reason of `signal`, or with KubeError.
 * client-node's own Watch is not used: it gives up after 30 s without an event, which is half a bookmark's interval.
 * @param onOpen called when the API server has answered: from then on events arrive as they happen
 */
export async function watch(
  config: KubeConfig,
  path: string,
  options: WatchOptions,
  onEvent: (type: WatchEventType, object: Record<string, unknown>) => void,
  signal: AbortSignal,
  onOpen: () => void = () => undefined,
): Promise<'ended' | 'gone'> {
  const request: KubeRequest = { verb: 'watch', path };
  const timeoutSeconds = Math.min(options.timeoutSeconds, maxWatchSeconds);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('the watch fell silent')), silenceMs);
  timer.unref();
  let callerError: { thrown: unknown } | undefined;
  try {
    const answer = await call(config, {
      method: 'GET',
      verb: 'watch',
      path,
      query: { ...options, timeoutSeconds, watch: true, allowWatchBookmarks: true },
      timeoutMs: (timeoutSeconds + 30) * 1000,
      signal: AbortSignal.any([signal, silence.signal]),
    });
    onOpen();
    let rest = '';
    // Stream decoding keeps a character that is split over two chunks whole.
    const decoder = new TextDecoder();
    for await (const chunk of answer.body) {
      timer.refresh();
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') continue;
        const event = JSON.parse(line) as { type: WatchEventType | 'ERROR'; object: Record<string, unknown> };
        if (event.type === 'ERROR') throw answerError(request, statusCode(event.object), JSON.stringify(event.object));
        signal.throwIfAborted();
        try {
          onEvent(event.type, event.object);
        } catch (thrown) {
          callerError = { thrown };
          throw thrown;
        }
      }
    }
    return 'ended';
  } catch (error) {
    // What the caller's own callback throws says nothing about the API server.
    if (callerError !== undefined) throw callerError.thrown;
    signal.throwIfAborted();
    if (hasStatus(error, 410)) return 'gone';
    if (error instanceof KubeError) throw error;
    throw connectionError(request, config.getCurrentCluster()?.server ?? '', error);
  } finally {
    clearTimeout(timer);
  }
}

function statusCode(status: Record<string, unknown>): number {
  return typeof status.code === 'number' ? status.code : 500;
}
