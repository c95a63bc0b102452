import { ClientError, type ClientErrorKind } from '../../client/index.ts';
import type { ReceiverConfig } from '../receivers-file.ts';
import type { Directory, DirectoryEntry } from './directory.ts';
import type { Addressed } from './push.ts';
import { allowedRepository, repositoryKey } from './repository.ts';

/** What is said of an application that was deleted. */
const gone: readonly ClientErrorKind[] = ['conflict', 'ended', 'notFound'];

/** Whom a request concerns, or why it concerns nobody. */
export type Matches =
  | { kind: 'matched'; applications: string[] }
  | { kind: 'none'; why: string }
  /** A named application does not exist, which the sender should hear of. */
  | { kind: 'unknown'; why: string }
  /** Nobody can say now: it has to be sent again. */
  | { kind: 'unsure'; why: string };

/**
 * Finds the applications of a request. A `hint` goes to one too many rather than to one too few; a `word`, which gates go by, only
 * where the receiver surely may speak. Throws ClientError when Temporal cannot be asked.
 */
export async function matchApplications(
  directory: Directory,
  receiver: Pick<ReceiverConfig, 'repositories'>,
  request: Addressed,
  weight: 'hint' | 'word',
): Promise<Matches> {
  const { repositories, application } = request;
  const keys = repositories.map(repositoryKey).filter((key) => key !== null);
  if (repositories.length > 0 && keys.length === 0) return { kind: 'none', why: 'the repository has no address' };
  if (keys.length > 0 && !keys.some((key) => allowedRepository(key, receiver.repositories))) {
    return { kind: 'none', why: 'this receiver may not speak for that repository' };
  }
  const isNamed = ({ name }: DirectoryEntry): boolean => application === undefined || name === application;
  const speaksForAll = receiver.repositories === undefined && (weight === 'hint' || keys.length === 0);
  const concerned = (entry: DirectoryEntry): boolean => {
    if (!isNamed(entry)) return false;
    // Not known means that its workflow could not be asked: a needless hint costs one look at git, a lost one an interval.
    if (entry.key === null) return (weight === 'hint' && keys.length > 0) || speaksForAll;
    if (keys.length > 0 && !keys.includes(entry.key)) return false;
    return allowedRepository(entry.key, receiver.repositories);
  };
  let entries = await directory.entries();
  // The list may be older than an `apply` just before this request.
  if (!entries.some(concerned)) entries = await directory.entries({ fresh: true });
  const found = entries.filter(concerned);
  if (found.length > 0) return { kind: 'matched', applications: found.map((entry) => entry.name) };
  const unsure = weight === 'word' ? entries.find((entry) => entry.key === null && isNamed(entry)) : undefined;
  if (unsure !== undefined) {
    return { kind: 'unsure', why: `nobody can say now which repository application "${unsure.name}" follows` };
  }
  if (application !== undefined) {
    return { kind: 'unknown', why: `there is no application "${application}" that this receiver may speak for` };
  }
  return { kind: 'none', why: 'no application follows that repository' };
}

/**
 * Sends a message to every application and returns those that took it; one that was deleted in between is left out.
 * Throws the first ClientError: then the sender repeats the delivery, and whoever has it already drops it.
 */
export async function tell(
  applications: readonly string[],
  send: (application: string) => Promise<void>,
): Promise<string[]> {
  const told = await Promise.all(
    applications.map(async (application) => {
      try {
        await send(application);
        return application;
      } catch (error) {
        if (error instanceof ClientError && gone.includes(error.kind)) return null;
        throw error;
      }
    }),
  );
  return told.filter((application) => application !== null);
}
