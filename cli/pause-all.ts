import type { ApplicationEntry, NodewaveClient } from '../client/index.ts';
import type { Decision } from '../domain/wire.ts';
import type { Cli } from './context.ts';
import { exitCodeOf, toShownError } from './errors.ts';
import { plain } from './render/text.ts';

/** How often the list is read again: an application may be created while the others are being paused. */
const roundsMax = 5;

type Verb = 'pause' | 'resume';

interface Told {
  name: string;
  message: string;
  /** Of an application that could not be told. */
  error?: string;
  code?: number;
}

/**
 * Pauses or resumes every application, and sets or lifts the brake of each of their clusters, which also stops the
 * rollouts of applications that nobody lists. Lists again until none is left. One that cannot be told keeps the others
 * from nothing, is named, and makes the command fail.
 */
export async function pauseAll(cli: Cli, verb: Verb, decision: Decision): Promise<void> {
  const client = await cli.client();
  const told = new Map<string, Told>();
  const braked = new Set<string>();
  for (let round = 1; round <= roundsMax; round++) {
    const listed = await client.listApplications();
    const left = listed.filter((entry) => isLeft(entry, verb, told));
    const entries = [...left, ...(verb === 'resume' ? speakers(listed, left, braked) : [])];
    if (entries.length === 0) break;
    const all = entries.map((entry) => tell(client, verb, decision, entry, braked));
    for (const one of await Promise.all(all)) told.set(one.name, one);
  }
  const all = [...told.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const failed = all.find(({ code }) => code !== undefined);
  if (failed?.code !== undefined) cli.exitCode = failed.code;
  const applications = all.map(({ code: _code, ...one }) => one);
  cli.print({ ...decision, [`${verb}d`]: applications, clusters: [...braked].sort() }, () =>
    applications.length === 0
      ? [`No application is there to ${verb}.`]
      : applications.map(({ name, message, error }) => `application ${name}: ${plain(error ?? message)}`),
  );
}

/** Whether it still has to be told; what failed once is tried again in the next round. */
function isLeft({ name, status }: ApplicationEntry, verb: Verb, told: ReadonlyMap<string, Told>): boolean {
  if (told.get(name)?.error === undefined && told.has(name)) return false;
  const paused = (status?.paused ?? null) !== null;
  return status === null || (verb === 'pause' ? !told.has(name) || !paused : paused);
}

/** One application of each cluster where none is paused any more: a brake may still be on there. */
function speakers(
  listed: readonly ApplicationEntry[],
  left: readonly ApplicationEntry[],
  braked: ReadonlySet<string>,
): ApplicationEntry[] {
  const covered = new Set([...braked, ...left.map(clusterOf)]);
  return listed.filter((entry) => {
    const cluster = clusterOf(entry);
    if (cluster === undefined || covered.has(cluster)) return false;
    covered.add(cluster);
    return true;
  });
}

function clusterOf({ status }: ApplicationEntry): string | undefined {
  return status?.spec?.destination.cluster;
}

async function tell(
  client: NodewaveClient,
  verb: Verb,
  decision: Decision,
  entry: ApplicationEntry,
  braked: Set<string>,
): Promise<Told> {
  const { name } = entry;
  const cluster = clusterOf(entry);
  // One application of each cluster sets its brake. Claimed before the first wait: two must not do it at once.
  const brake = cluster !== undefined && !braked.has(cluster);
  if (brake) braked.add(cluster);
  try {
    const { message } = await client.pauseApplication(name, verb, { ...decision, ...(brake ? { brake } : {}) });
    return { name, message };
  } catch (error) {
    if (brake) braked.delete(cluster);
    const { kind, message } = toShownError(error);
    return { name, message: '', error: `not ${verb}d: ${message}`, code: exitCodeOf(kind) };
  }
}
