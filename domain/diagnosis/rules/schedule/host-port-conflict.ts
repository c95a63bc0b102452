import { capital, type Hit, logConfidence, nodeOf, type Rule, seek, seekAll, speaker } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';
import { otherNodes, placeTexts } from './scheduler.ts';

const byScheduler = [/didn't have free ports for the requested pod ports/, /Predicate NodePorts failed|\bNodePorts\b/];
const byProgram = [
  /listen (?:tcp|udp)[46]? \S{0,60}:(?<port>\d{1,5}): bind: address already in use/i,
  /EADDRINUSE:? address already in use \S{0,60}:(?<port>\d{1,5})/,
  /\('[\w.:]{0,60}', (?<port>\d{1,5})\).{0,20}address already in use/i,
  /bind\(\) to \S{1,60}:(?<port>\d{1,5}) failed.{0,40}Address (?:already )?in use/,
  /address already in use.{0,40}\bport (?<port>\d{1,5})\b/i,
  /\bport (?<port>\d{1,5}) (?:is|was) already (?:in use|allocated)/i,
  /address already in use|EADDRINUSE|Address in use/i,
];

/** A port of the node is taken: the scheduler finds none, or the program cannot listen. */
export const hostPortConflict: Rule = {
  cause: 'HostPortConflict',
  row: {
    shows:
      "`didn't have free ports for the requested pod ports`; with host network `bind: address already in use` in the log",
    means: 'another pod or program on the node has the port already; often the old agent under another name',
    todo: 'find who listens on the port of the node, and change one of the two',
  },
  best: 'high',
  rank: 3,
  explains: [...otherNodes, 'TaintNotTolerated', ...crashes, ...probes],
  changedBy: /hostPort|ports|hostNetwork|\.args\b/,
  find(facts) {
    const scheduler = seek(facts, placeTexts, byScheduler);
    const hits =
      scheduler === null ? seekAll(facts, ['log', 'ended', 'waiting'], byProgram, 2).filter(ofPort) : [scheduler];
    const hit = hits[0];
    if (hit === undefined) return null;
    const port = hit.get('port');
    const words = port === '' ? 'a port' : `port ${port}`;
    return {
      quotes: hits.map(({ quote }) => quote),
      confidence: logConfidence(hits, 'high'),
      what:
        scheduler === null
          ? `${capital(speaker(facts, hit.quote))} cannot listen: ${words} is taken.`
          : `A host port of the pod is taken on node ${nodeOf(facts)}.`,
      nextStep: `See who listens on node ${nodeOf(facts)} ("ss -ltnp${port === '' ? '' : ` sport = :${port}`}", or pods with that hostPort), and change one of the two.`,
    };
  },
};

/** A socket file that was left behind is in use in the same words. */
function ofPort({ quote }: Hit): boolean {
  return !/\bunix\b|\.sock\b/.test(quote.text);
}
