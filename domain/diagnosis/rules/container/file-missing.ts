import { capital, logConfidence, type Rule, seekAll, speaker } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';

const wordings = [
  /(?:open|stat|lstat|read|readlink|chdir|load|dial unix|connect to unix socket) ["'`]?(?<path>\/[\w./-]{1,200})["'`]?:? .{0,60}no such file or directory/i,
  /ENOENT: no such file or directory, \w{1,20} '(?<path>[^']{1,200})'/,
  /FileNotFoundError: \[Errno 2\] No such file or directory: '(?<path>[^']{1,200})'/,
  /(?:FileNotFoundException|NoSuchFileException): (?<path>\/[\w./-]{1,200})/,
  /(?:can't|cannot) (?:open|read|stat|access|find)(?: file)? ['"]?(?<path>\/[\w./-]{1,200})['"]?: No such file/i,
  /(?<path>\/[\w./-]{1,200}): No such file or directory/i,
  /error while loading shared libraries: (?<path>[\w./+-]{1,200}):/,
];

/** The program misses a file or socket. */
export const fileMissing: Rule = {
  cause: 'FileMissing',
  row: {
    shows: '`no such file or directory`, `ENOENT`, `FileNotFoundError` in the last lines, with the path',
    means: 'a file, socket or library that the program needs is neither in the image nor mounted',
    todo: 'mount it (ConfigMap, Secret or host path) or correct the path in the flags',
  },
  best: 'medium',
  rank: 2,
  explains: [...crashes, ...probes],
  changedBy: /\.(?:image|args|volumeMounts|command|env)\b|volumes/,
  find(facts) {
    const hits = seekAll(facts, ['log', 'ended'], wordings, 2);
    const hit = hits[0];
    if (hit === undefined) return null;
    return {
      quotes: hits.map(({ quote }) => quote),
      confidence: logConfidence(hits, 'medium'),
      what: `${capital(speaker(facts, hit.quote))} does not find ${hit.get('path')}.`,
      nextStep: `Mount ${hit.get('path')} into the container, put it into the image, or correct the path in git.`,
    };
  },
};
