import type { Narrator } from './say.ts';
import { imageOf, setting, shortImage, type Version } from './setting.ts';
import type { Watcher } from './watcher.ts';

const everyMs = 1_000;

/** Prints, at most once a second, how far a version has come by the watch; returns how to stop. */
export function tellProgress(watcher: Watcher, narrator: Narrator, version: Version): () => void {
  const image = imageOf(version);
  let last = '';
  const tell = (): void => {
    const on = [...watcher.fleet.pods.values()].filter((pod) => pod.image === image).length;
    const ready = watcher.fleet.served(image).size;
    const out = watcher.fleet.out().length;
    const line = `${ready} of ${setting.nodes} nodes run ${shortImage(image)}, ${out} without an agent (budget ${setting.budget})`;
    if (line === last || on === 0) return;
    last = line;
    narrator.say(`watch: ${line}`);
  };
  const timer = setInterval(tell, everyMs);
  return () => {
    clearInterval(timer);
    tell();
  };
}
