import { describeObject, isDaemonSet } from '../../domain/manifest/object.ts';
import { kindOrder } from '../../domain/manifest/order.ts';
import type { KubeObject } from '../cluster/objects.ts';
import { applyOther, locateOne } from './apply.ts';
import type { Rendered, SyncContext } from './context.ts';

/**
 * Brings the objects beside the DaemonSets back to what a commit holds, in kind order. Deletes nothing: what that commit did
 * not have yet stays. Returns those that were changed by it; repeating it changes nothing.
 */
export async function restoreObjects(context: SyncContext, rendered: Rendered, signal: AbortSignal): Promise<string[]> {
  const objects = kindOrder(rendered.objects);
  const changed: string[] = [];
  for (const object of objects.filter((candidate) => !isDaemonSet(candidate))) {
    signal.throwIfAborted();
    const place = await locateOne(context, object, objects);
    const before = await context.client.get<KubeObject>(place.path);
    await applyOther(context, place);
    const after = await context.client.get<KubeObject>(place.path);
    if (before?.metadata.resourceVersion !== after?.metadata.resourceVersion) changed.push(describeObject(object));
  }
  return changed;
}
