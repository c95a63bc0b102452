import { describeRef } from '../../domain/application/spec.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { shortCommit, shorten } from '../../domain/markdown.ts';
import type { ApplicationStatus, SyncOutcome } from '../../domain/wire.ts';
import { daemonSetArguments } from '../target.ts';
import { briefLines } from './diagnosis.ts';
import { log } from './rollout.ts';
import { columns, table } from './table.ts';
import { indented, plain, sections } from './text.ts';
import { age } from './time.ts';

/** Most outcomes on the page; `-o json` has all that are kept. */
const outcomesShown = 8;

/** Most of them that are explained. */
const explained = 3;

/** The page of `nodewave get APP`. `rolloutSentences` are by `namespace/name`, where the rollout answered. */
export function applicationPage(
  status: ApplicationStatus,
  rolloutSentences: Readonly<Record<string, string>>,
  nowMs: number,
): string[] {
  const next = nextCommands(status);
  return sections(
    [`${status.name}: ${status.phase}`, plain(status.sentence)],
    facts(status, nowMs),
    rollouts(status, rolloutSentences),
    recent(status.recent, nowMs),
    why(status.recent),
    log(status.log),
    next.length === 0 ? [] : ['Next', ...indented(next)],
  );
}

function facts(status: ApplicationStatus, nowMs: number): string[] {
  const { spec, lastDelivery } = status;
  const ago = (atMs: number | null) => (atMs === null ? '' : `, seen ${age(atMs, nowMs)} ago`);
  return columns([
    ...(spec === null
      ? []
      : [
          ['source', `${spec.source.repo}, ${describeRef(spec.source.ref)}, path ${spec.source.path}`],
          ['destination', `cluster ${spec.destination.cluster}, namespace ${spec.destination.namespace}`],
          ['sync', spec.sync.auto ? 'by itself, on each new commit' : 'only when asked: sync.auto is false'],
        ]),
    [
      'newest commit',
      status.observedCommit === null
        ? 'none seen yet'
        : `${shortCommit(status.observedCommit)}${ago(status.observedAtMs)}`,
    ],
    ...(status.paused
      ? [
          [
            'paused',
            `by ${plain(status.paused.by)}, ${age(status.paused.atMs, nowMs)} ago: ${plain(status.paused.reason)}`,
          ],
        ]
      : []),
    ...(status.queue?.length ? [['in line', status.queue.map(shortCommit).join(', ')]] : []),
    ['synced commit', status.syncedCommit === null ? 'none yet' : shortCommit(status.syncedCommit)],
    [
      'last push',
      lastDelivery === null ? 'none received' : `${lastDelivery.source}, ${age(lastDelivery.atMs, nowMs)} ago`,
    ],
  ]);
}

function rollouts(status: ApplicationStatus, sentences: Readonly<Record<string, string>>): string[] {
  if (status.rollouts.length === 0) return [];
  const lines = status.rollouts.flatMap((one) => [
    `  ${daemonSetLabel(one)}, commit ${shortCommit(one.commit)}`,
    `    ${plain(sentences[daemonSetLabel(one)] ?? 'It did not answer just now.')}`,
  ]);
  return ['Rollouts', ...lines];
}

function recent(outcomes: readonly SyncOutcome[], nowMs: number): string[] {
  if (outcomes.length === 0) return [];
  const rows = outcomes
    .slice(0, outcomesShown)
    .map((one) => [
      age(one.atMs, nowMs),
      shortCommit(one.commit),
      one.outcome,
      shorten(one.subject, 50),
      shorten(one.cause ?? '', 90),
    ]);
  return ['Recent', ...indented(table(['AGO', 'COMMIT', 'OUTCOME', 'SUBJECT', 'CAUSE'], rows))];
}

/** Why the newest of them that ended badly did so. */
function why(outcomes: readonly SyncOutcome[]): string[] {
  const lines = outcomes
    .slice(0, outcomesShown)
    .flatMap(({ commit, diagnosis }) => (diagnosis === undefined ? [] : [{ commit, diagnosis }]))
    .slice(0, explained)
    .flatMap(({ commit, diagnosis }) => [`${shortCommit(commit)}:`, ...indented(briefLines(diagnosis))]);
  return lines.length === 0 ? [] : ['Why', ...indented(lines)];
}

/** What to run next: the running rollouts to look at, and every command that the sentence itself names. */
export function nextCommands(status: ApplicationStatus): string[] {
  const cluster = status.spec?.destination.cluster;
  const looks = status.rollouts.map(
    (one) => `nodewave status ${daemonSetArguments({ ...one, ...(cluster === undefined ? {} : { cluster }) })} --watch`,
  );
  const named = [...status.sentence.matchAll(/"(nodewave [^"]+)"/g)].map(([, command = '']) => plain(command));
  return [...new Set([...looks, ...named])];
}
