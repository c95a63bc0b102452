import type { Demo } from './demo.ts';
import { daemonSetYaml, manifestPath } from './manifests.ts';
import type { Version } from './setting.ts';

/** A version that was pushed. */
export interface Pushed {
  commit: string;
  /** Observations before the push. */
  from: number;
  /** When `git push` was started. */
  startedMs: number;
  /** Ends when git has returned, with what the forge's hook said. */
  returned: Promise<string>;
}

/** Commits a version and starts to push it, by git itself. */
export async function pushVersion(demo: Demo, version: Version): Promise<Pushed> {
  const { narrator, repository, watcher } = demo;
  const subject = `Ship node-agent ${version}.0.0`;
  const commit = await repository.commit({ [manifestPath]: daemonSetYaml(version) }, subject);
  narrator.say(`git push origin main   (${commit.slice(0, 8)} ${subject})`);
  const from = watcher.mark();
  const startedMs = Date.now();
  const returned = repository.push();
  // Awaited by the caller a moment later; a push that fails before that must not end the process.
  returned.catch(() => undefined);
  return { commit, from, startedMs, returned };
}
