import type { NodewaveClient } from '../../client/index.ts';
import { repositoryKey } from './repository.ts';

/** A running application and its repository's key; null when that could not be found out. */
export interface DirectoryEntry {
  name: string;
  key: string | null;
}

/** The running applications, read again after a few seconds at most. */
export interface Directory {
  /** Throws ClientError when Temporal cannot be asked. With `fresh` nothing older than the call is used. */
  entries(options?: { fresh?: boolean }): Promise<readonly DirectoryEntry[]>;
}

const keptMs = 2_000;
/** A forge waits 10 s for an answer; listing and signals need their part of it. */
const questionDeadlineMs = 2_500;

/** Makes the directory of a webhook server. */
export function openDirectory(client: Pick<NodewaveClient, 'listRepositories'>): Directory {
  // Outlives the few seconds on purpose: with no worker running nobody can say what an application follows.
  let known = new Map<string, string | null>();
  let latest: { atMs: number; entries: Promise<readonly DirectoryEntry[]> } | undefined;

  const read = async (): Promise<readonly DirectoryEntry[]> => {
    const listed = await client.listRepositories(questionDeadlineMs);
    const entries = listed.map(({ name, repo }) => ({
      name,
      key: repo === null ? (known.get(name) ?? null) : repositoryKey(repo),
    }));
    known = new Map(entries.map(({ name, key }) => [name, key]));
    return entries;
  };

  return {
    entries({ fresh = false } = {}) {
      if (!fresh && latest !== undefined && Date.now() - latest.atMs < keptMs) return latest.entries;
      const entries = read();
      const mine = { atMs: Date.now(), entries };
      latest = mine;
      // A failure is not kept: the next request asks again.
      entries.catch(() => {
        if (latest === mine) latest = undefined;
      });
      return entries;
    },
  };
}
