import { shown } from './clean.ts';
import { type Facts, factsOf, type Quote } from './facts.ts';
import { rules } from './registry.ts';
import type { Match, Rule } from './rule.ts';
import { blameOf, restIsWell, spreadOf } from './scope.ts';
import type { Blame, Confidence, Diagnosis, Evidence } from './types.ts';
import { findUnknown, unknownCause } from './unknown.ts';

/** Findings of one pod, and the texts of each. */
const most = { findings: 4, evidence: 5, text: 300, sentence: 400 };

const order: Record<Confidence, number> = { high: 2, medium: 1, low: 0 };

interface Finding {
  rule: Rule;
  match: Match;
}

/**
 * Why a pod, or the DaemonSet when there is no pod, does not work: the likeliest cause first, without what follows from another
 * finding, at most 4. Never empty: what no rule knows is `unknown`, with its evidence. Never throws for texts of any content.
 */
export function diagnose(evidence: Evidence): Diagnosis[] {
  const facts = factsOf(evidence);
  const findings: Finding[] = rules
    .flatMap((rule) => {
      const match = rule.find(facts);
      return match === null ? [] : [{ rule, match }];
    })
    .sort(likelierFirst);
  const kept = findings.filter((one, index) => !findings.some((other, at) => explains(other, one, at < index)));
  if (kept.length === 0) return [diagnosisOf(facts, unknownCause, findUnknown(facts), blameOf(evidence))];
  return kept
    .slice(0, most.findings)
    .map(({ rule, match }) => diagnosisOf(facts, rule.cause, match, blameWith(rule, match, evidence), rule.changedBy));
}

function likelierFirst(a: Finding, b: Finding): number {
  return (
    order[b.match.confidence] - order[a.match.confidence] ||
    b.rule.rank - a.rule.rank ||
    fromEnd(a.match) - fromEnd(b.match)
  );
}

function fromEnd({ quotes }: Match): number {
  return quotes[0]?.fromEnd ?? 0;
}

/** A symptom gives way to any likely cause of it, anything else only to what is at least as sure and comes first. */
function explains(cause: Finding, effect: Finding, first: boolean): boolean {
  if (cause === effect || !cause.rule.explains?.includes(effect.rule.cause)) return false;
  if (effect.rule.symptom && !cause.rule.symptom && cause.match.confidence !== 'low') return true;
  return first;
}

/** Comparing nodes decides; where it cannot, a change of this very release that touches a sure cause does. */
function blameWith(rule: Rule, match: Match, evidence: Evidence): Blame {
  if (rule.releaseOnly) return 'release';
  const blame = blameOf(evidence);
  if (blame !== 'unclear' || match.confidence !== 'high' || !restIsWell(evidence)) return blame;
  return changesOf(evidence, rule.changedBy).length > 0 ? 'release' : blame;
}

function changesOf({ changes }: Evidence, paths: RegExp | undefined): string[] {
  return paths === undefined ? [] : changes.slice(0, 100).filter((change) => paths.test(change.slice(0, 200)));
}

function diagnosisOf(facts: Facts, cause: string, match: Match, blame: Blame, paths?: RegExp): Diagnosis {
  const changed = changesOf(facts.evidence, paths).map((change) => `this release changes ${change}`);
  const texts = [...match.quotes.map(spoken), ...(match.more ?? []), ...changed.slice(0, 2)];
  return {
    cause,
    // What is quoted may end with a full stop of its own.
    what: shown(match.what.replace(/[.\s]{2,20}$/, '.'), most.sentence),
    evidence: [...new Set(texts.map((text) => shown(text, most.text)))].slice(0, most.evidence),
    confidence: match.confidence,
    blame,
    nextStep: shown(match.nextStep, most.sentence),
    spread: shown(spreadOf(facts.evidence), most.text),
  };
}

/** A text with where it is from; of an event the reason stands before the colon, so it names the source as well. */
function spoken({ kind, from, text }: Quote): string {
  return kind === 'event' || kind === 'probe'
    ? text.replace(/^[^:]{0,80}/, (reason) => from.replace('event', `event ${reason}`))
    : `${from}: ${text}`;
}
