import { capital, logConfidence, previousLogs, type Rule, seekAll, speaker } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';

const wordings = [
  /unknown (?:shorthand )?flag|flag provided but not defined|unrecognized (?:arguments?|option|flag)|(?:unknown|invalid|unexpected) (?:option|argument)\b|no such option/i,
  /yaml: (?:unmarshal errors|line \d+)|error (?:un)?marshal+ing/i,
  // A program also tells that it loads its configuration when all is well.
  /^(?=.{0,600}\b(?:err|errors?|fail|failed|failure|invalid|cannot|can't|could not|unable|fatal|panic)\b).{0,600}\b(?:parse|parsing|decode|decoding|load|loading|read|reading|invalid|validate|validating) (?:the )?(?:\w{1,20} )?config(?:uration)?\b/i,
  /config(?:uration)?(?: file)?(?: \S{1,100})? (?:is )?invalid|invalid config|unknown field|TOML parse error|field \S{1,60} not found in type/i,
  /(?:required|missing) (?:environment variable|env var|flag|option|argument)|environment variable \S{1,60} (?:is )?(?:not set|required|missing)/i,
];

/** The program does not accept its flags, its environment or its configuration. */
export const configRejected: Rule = {
  cause: 'ConfigRejected',
  row: {
    shows:
      'the last lines before the end speak of an unknown flag, a configuration that does not parse, a missing variable',
    means:
      'program and configuration do not fit: a flag that this version does not have any more, a typing error, a file of another version',
    todo: 'correct `args`, `env` or the ConfigMap in git; read the release notes for renamed settings',
  },
  best: 'medium',
  rank: 2,
  explains: [...crashes, ...probes],
  changedBy: /\.(?:args|command|env|envFrom|image)\b|annotations/,
  find(facts) {
    const hits = seekAll(facts, ['log', 'ended'], wordings, 2);
    const hit = hits[0];
    if (hit === undefined) return null;
    return {
      quotes: hits.map(({ quote }) => quote),
      confidence: logConfidence(hits.slice(0, 1), 'medium'),
      what: `${capital(speaker(facts, hit.quote))} rejects its flags, variables or configuration.`,
      nextStep: `Read ${previousLogs(facts, hit.quote.container)} and correct args, env or the configuration in git.`,
    };
  },
};
