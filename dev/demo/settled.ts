import { waitFor } from '../stack/wait.ts';
import type { Demo } from './demo.ts';
import { imageOf, setting, type Version } from './setting.ts';

/** Waits until the watch, too, has seen what Nodewave has said: all nodes served, and the template of `version` live. */
export async function settled({ watcher }: Demo, version: Version): Promise<void> {
  const image = imageOf(version);
  await waitFor(
    () =>
      watcher.fleet.template?.image === image &&
      watcher.fleet.template.application !== null &&
      watcher.fleet.served(image).size === setting.nodes,
    { timeoutMs: 20_000, everyMs: 20, what: `all ${setting.nodes} nodes to run version ${version}` },
  ).catch(() => undefined);
}
