import type { ContainerView } from '../cluster/view.ts';
import { mostCharacters, plain } from './clean.ts';
import type { Evidence, PodEvidence } from './types.ts';

/** Where a text is from. */
export type Kind = 'waiting' | 'ended' | 'pod' | 'condition' | 'event' | 'probe' | 'log' | 'node' | 'refusal';

/** One text of the evidence. */
export interface Quote {
  kind: Kind;
  /** In words, e.g. `event FailedMount`, `log of container agent`. */
  from: string;
  /** What rules look at: reason and message of status and events, the bare line of a log. */
  text: string;
  /** For waiting, ended and log. */
  container?: ContainerView;
  /** For log: 0 is the last line. */
  fromEnd: number;
}

/** What rules look at: the evidence and its texts, cleaned, cut and in a fixed order. */
export interface Facts {
  evidence: Evidence;
  pod: PodEvidence | null;
  containers: readonly ContainerView[];
  quotes: readonly Quote[];
}

/** Events about probes and hooks: they quote errors of their own commands, which are not the container's. */
const ofHandler = /^(?:Unhealthy|ProbeWarning|ProbeError|FailedPostStartHook|FailedPreStopHook)$/;

/** More than this of anything is not looked at. */
const most = { containers: 20, events: 50, conditions: 30, lines: 40, refusals: 10, logs: 200 };

/** Everything there is to read, status first, then events, then logs, last line first. */
export function factsOf(evidence: Evidence): Facts {
  const pod = evidence.pod;
  const containers = pod?.containers.slice(0, most.containers) ?? [];
  const quotes: Quote[] = (evidence.refusals ?? [])
    .slice(0, most.refusals)
    .map((text) => quote('refusal', 'answer of the API server', text));
  if (pod !== null) {
    if ((pod.reason ?? '') !== '' || (pod.message ?? '') !== '') {
      quotes.push(quote('pod', 'status of the pod', reasoned(pod.reason, pod.message)));
      // Of a pod that is gone there is only what a gate wrote down, and that quotes the status of a container.
      if (containers.length === 0)
        quotes.push(quote('waiting', 'status of the pod', reasoned(pod.reason, pod.message)));
    }
    quotes.push(...containers.flatMap(statusQuotes));
    for (const { type, reason, message } of pod.conditions.slice(0, most.conditions)) {
      quotes.push(quote('condition', `pod condition ${plain(type).slice(0, 60)}`, reasoned(reason, message)));
    }
    for (const { reason, message, count, about } of pod.events.slice(0, most.events)) {
      // The controller tries again: once there is a pod, what kept it from being created is over.
      if (about === 'daemonset' && reason === 'FailedCreate' && pod.pod !== '') continue;
      const times = count > 1 ? ` (${count} times)` : '';
      quotes.push(quote(ofHandler.test(reason) ? 'probe' : 'event', `event${times}`, reasoned(reason, message)));
    }
    quotes.push(
      ...containers.flatMap((container) => logQuotes(container, pod.logs[container.name] ?? [])).slice(0, most.logs),
    );
  }
  for (const condition of evidence.node?.conditions.slice(0, most.conditions) ?? []) {
    const from = `node condition ${plain(condition.type).slice(0, 60)}=${plain(condition.status).slice(0, 10)}`;
    quotes.push(quote('node', from, reasoned(condition.reason, condition.message)));
  }
  return { evidence, pod, containers, quotes };
}

/** Programs and runtimes that quote an error escape the quotes inside; rules see them without. */
function quote(kind: Kind, from: string, text: string, container?: ContainerView, fromEnd = 0): Quote {
  return {
    kind,
    from,
    text: plain(text.slice(0, mostCharacters).replace(/\\{1,8}"/g, '"')),
    fromEnd,
    ...(container === undefined ? {} : { container }),
  };
}

function reasoned(reason = '', message = ''): string {
  return [reason, message].filter((part) => part !== '').join(': ');
}

/** Containers are spoken of as people do: `container agent`, `init container setup`. */
export function labelOf({ init, name }: ContainerView): string {
  return `${init ? 'init container' : 'container'} ${plain(name).slice(0, 63)}`;
}

function statusQuotes(container: ContainerView): Quote[] {
  const from = `status of ${labelOf(container)}`;
  const quotes: Quote[] = [];
  if ((container.waitingReason ?? '') !== '') {
    quotes.push(quote('waiting', from, reasoned(container.waitingReason, container.waitingMessage), container));
  }
  const ended = container.terminated;
  if (ended !== undefined) {
    const text = `exit code ${ended.exitCode}${reasoned('', ended.reason) === '' ? '' : ` (${ended.reason})`}`;
    quotes.push(quote('ended', from, reasoned(text, ended.message), container));
  }
  return quotes;
}

function logQuotes(container: ContainerView, lines: readonly string[]): Quote[] {
  return lines
    .slice(-most.lines)
    .reverse()
    .map((line, fromEnd) => quote('log', `log of ${labelOf(container)}`, line, container, fromEnd))
    .filter(({ text }) => text !== '');
}
