import type { ContainerView } from '../cluster/view.ts';
import { plain } from './clean.ts';
import { type Facts, type Kind, labelOf, type Quote } from './facts.ts';
import type { Confidence } from './types.ts';

/** What a rule has found. */
export interface Match {
  /** The texts it rests on, the one that says most first. */
  quotes: Quote[];
  /** Further evidence that is no quote, e.g. a limit of the template. */
  more?: string[];
  confidence: Confidence;
  what: string;
  nextStep: string;
}

/** A row of docs/failures.md. */
export interface Row {
  /** How it shows. */
  shows: string;
  /** What it means. */
  means: string;
  /** What to do. */
  todo: string;
}

/** How to recognise one cause. A new one is a file under `rules/` and a line in `registry.ts`. */
export interface Rule {
  cause: string;
  row: Row;
  /** The most that it can be sure of. */
  best: Confidence;
  /** Among equally sure findings the highest comes first: 3 names what is missing, 2 a mechanism, 1 how it looks, 0 anything. */
  rank: 0 | 1 | 2 | 3;
  /** Says how it looks and not why: dropped as soon as a finding that explains it is at all likely. */
  symptom?: true;
  /** Causes that follow from this one, and are not told beside it. */
  explains?: readonly string[];
  /** Paths of the pod template whose change in this release speaks for the release as the cause. */
  changedBy?: RegExp;
  /** No node can bring this about. */
  releaseOnly?: true;
  find(facts: Facts): Match | null;
}

/** A text that a pattern has matched. */
export interface Hit {
  quote: Quote;
  /** A named group of the pattern, empty where it took no part, at most 253 characters. */
  get(name: string): string;
}

/**
 * The first text of the given kinds that one of the patterns matches, in the order of the texts: status, events, newest log
 * line first. Patterns must be linear: no repetition inside a repetition.
 */
export function seek(facts: Facts, kinds: readonly Kind[], patterns: readonly RegExp[]): Hit | null {
  return seekAll(facts, kinds, patterns, 1)[0] ?? null;
}

/** Like `seek`, with up to `max` texts that differ. */
export function seekAll(facts: Facts, kinds: readonly Kind[], patterns: readonly RegExp[], max: number): Hit[] {
  const hits: Hit[] = [];
  for (const quote of facts.quotes) {
    if (!kinds.includes(quote.kind) || hits.some((hit) => hit.quote.text === quote.text)) continue;
    const hit = matching(quote, patterns);
    if (hit !== null) hits.push(hit);
    if (hits.length >= max) break;
  }
  return hits;
}

/** The text, when one of the patterns matches it. */
export function matching(quote: Quote, patterns: readonly RegExp[]): Hit | null {
  for (const pattern of patterns) {
    const found = pattern.exec(quote.text);
    if (found === null) continue;
    const groups = found.groups ?? {};
    return { quote, get: (name) => (groups[name] ?? '').trim().slice(0, 253) };
  }
  return null;
}

/** A command for the pod's namespace; what is not known stays in capitals for the reader to fill in. */
export function kubectl(facts: Facts, command: string): string {
  return `"kubectl -n ${namespaceOf(facts)} ${command}"`;
}

/** The namespace as a word for commands. */
export function namespaceOf({ pod }: Facts): string {
  return nameOr(pod?.namespace, 'NAMESPACE');
}

/** The pod as a word for commands. */
export function podOf({ pod }: Facts): string {
  return nameOr(pod?.pod, 'POD');
}

/** The node as a word for commands. */
export function nodeOf({ pod, evidence }: Facts): string {
  return nameOr(evidence.node?.name ?? pod?.node, 'NODE');
}

/** The DaemonSet as a word for commands. */
export function daemonSetOf({ pod }: Facts): string {
  return nameOr(pod?.daemonset, 'DAEMONSET');
}

/** A text as a name to put into a command, or the word for what to fill in. */
export function nameOr(text: string | undefined, word: string): string {
  const name = plain(text ?? '').slice(0, 253);
  return /^[A-Za-z0-9](?:[\w.:/-]*)$/.test(name) ? name : word;
}

/** The command that shows the last lines of the run that ended. */
export function previousLogs(facts: Facts, container: ContainerView | undefined): string {
  const of = container === undefined ? '' : ` -c ${nameOr(container.name, 'CONTAINER')}`;
  return kubectl(facts, `logs ${podOf(facts)}${of} --previous`);
}

/** Of whom a text speaks: its container, else the only one that waits or has ended, else the pod. */
export function speaker(facts: Facts, quote: Quote): string {
  const container = quote.container ?? troubled(facts);
  return container === undefined ? 'the pod' : labelOf(container);
}

/** The container that a text without one is most likely about. */
export function troubled({ containers }: Facts): ContainerView | undefined {
  const waiting = containers.filter(
    ({ waitingReason = '' }) => !['', 'PodInitializing', 'ContainerCreating'].includes(waitingReason),
  );
  return waiting[0] ?? containers.find(ended) ?? (containers.length === 1 ? containers[0] : undefined);
}

/** Whether the container's newest run ended badly. */
export function ended(container: ContainerView | undefined): boolean {
  return container?.terminated !== undefined && container.terminated.exitCode !== 0;
}

/** Lines before the last one within which a line may be what ended the program; a stack may follow it. */
const lastWords = 15;

/**
 * How sure a log line makes: `atEnd` when the program ended with it, medium when a running program keeps saying it, else low,
 * because many programs survive such a line.
 */
export function logConfidence(hits: readonly Hit[], atEnd: Confidence): Confidence {
  const first = hits[0];
  if (first === undefined) return 'low';
  if (first.quote.kind !== 'log') return atEnd;
  if (ended(first.quote.container)) return first.quote.fromEnd < lastWords ? atEnd : 'low';
  return hits.length > 1 && first.quote.fromEnd < lastWords ? 'medium' : 'low';
}

/** Texts with a capital for the start of a sentence. */
export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
