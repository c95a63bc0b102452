import { ClientError, type NodewaveClient } from '../../client/index.ts';
import type { ReceiverConfig } from '../receivers-file.ts';
import type { Directory, DirectoryEntry } from './directory.ts';
import type { Push } from './push.ts';
import { allowedRepository, repositoryKey } from './repository.ts';

/** Whom a push concerns, or why it concerns nobody. */
export type Matches =
  | { kind: 'matched'; applications: string[] }
  | { kind: 'none'; why: string }
  /** A named application does not exist, which the sender should hear of. */
  | { kind: 'unknown'; why: string };

/** Finds the applications of a push. Throws ClientError when Temporal cannot be asked. */
export async function matchApplications(
  directory: Directory,
  receiver: Pick<ReceiverConfig, 'repositories'>,
  push: Push,
): Promise<Matches> {
  const keys = push.repositories.map(repositoryKey).filter((key) => key !== null);
  if (push.repositories.length > 0 && keys.length === 0) return { kind: 'none', why: 'the repository has no address' };
  if (keys.length > 0 && !keys.some((key) => allowedRepository(key, receiver.repositories))) {
    return { kind: 'none', why: 'this receiver may not speak for that repository' };
  }
  const concerned = (entry: DirectoryEntry): boolean => {
    if (push.application !== undefined && entry.name !== push.application) return false;
    // Not known means that its workflow could not be asked: a needless hint costs one look at git, a lost one an interval.
    if (entry.key === null) return keys.length > 0 || receiver.repositories === undefined;
    if (keys.length > 0 && !keys.includes(entry.key)) return false;
    return allowedRepository(entry.key, receiver.repositories);
  };
  let found = (await directory.entries()).filter(concerned);
  // The list may be older than an `apply` just before this push.
  if (found.length === 0) found = (await directory.entries({ fresh: true })).filter(concerned);
  if (found.length > 0) return { kind: 'matched', applications: found.map((entry) => entry.name) };
  if (push.application !== undefined) {
    return { kind: 'unknown', why: `there is no application "${push.application}" that this receiver may speak for` };
  }
  return { kind: 'none', why: 'no application follows that repository' };
}

/**
 * Sends `changed` to every application and returns those that took it; one that was deleted in between is left out.
 * Throws the first ClientError: then the sender repeats the delivery, and whoever has it already drops it.
 */
export async function tell(
  client: Pick<NodewaveClient, 'changed'>,
  applications: readonly string[],
  source: string,
  push: Push,
): Promise<string[]> {
  const changed = { deliveryId: push.deliveryId, source, refs: push.refs };
  const told = await Promise.all(
    applications.map(async (application) => {
      try {
        await client.changed(application, changed);
        return application;
      } catch (error) {
        if (error instanceof ClientError && error.kind === 'conflict') return null;
        throw error;
      }
    }),
  );
  return told.filter((application) => application !== null);
}
