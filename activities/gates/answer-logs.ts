import type { GateAnswer, GateRequest } from '../../domain/gates/types.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import { paths } from '../cluster/paths.ts';
import type { GateScope } from './ask.ts';
import { problem } from './problem.ts';

type LogsRequest = Extract<GateRequest, { form: 'logs' }>;

/**
 * Reads the end of one container's log, bounded in lines and bytes by the kubelet and again here. The pod is found by name; one that
 * replaced it has another name. Throws only the reason of `signal`.
 */
export async function answerLogs(
  { pod, container, sinceMs, maxLines, maxBytes }: LogsRequest,
  { client, namespace, signal }: GateScope,
): Promise<GateAnswer> {
  try {
    const text = await client.text(paths.podLog(namespace, pod.name), {
      query: {
        container,
        sinceTime: sinceMs > 0 ? new Date(sinceMs).toISOString() : undefined,
        tailLines: maxLines,
        limitBytes: maxBytes,
      },
      maxBytes,
      signal,
    });
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const truncated = Buffer.byteLength(text) >= maxBytes;
    // The kubelet cuts in the middle of a line.
    const whole = truncated && lines.length > 1 ? lines.slice(0, -1) : lines;
    return { form: 'logs', lines: whole.slice(-maxLines), truncated };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (hasStatus(error, 404)) return problem('the pod is gone');
    return problem(error instanceof Error ? error.message : String(error));
  }
}
