import { logConfidence, type Rule, seekAll, speaker } from '../../rule.ts';
import { crashes, creation, mounts, probes } from '../symptoms.ts';

const wordings = [/read-only file system/i, /\bEROFS\b/];

/** The program, or the runtime for it, writes where nothing may be written. */
export const readOnlyFileSystem: Rule = {
  cause: 'ReadOnlyFileSystem',
  row: {
    shows: '`read-only file system` or `EROFS` in the last lines or from the runtime',
    means:
      'the program writes into its image with `readOnlyRootFilesystem`, into a read-only mount, or the host path of the node is read-only',
    todo: 'mount an `emptyDir` where it writes, or take `readOnly` off the mount; on immutable hosts use another path',
  },
  best: 'high',
  rank: 3,
  explains: [...crashes, ...creation, ...probes, ...mounts, 'PermissionDenied', 'HostPathMissing'],
  changedBy: /securityContext|readOnly|volumeMounts|volumes|\.image\b/,
  find(facts) {
    const hits = seekAll(facts, ['waiting', 'event', 'ended', 'log'], wordings, 2);
    const hit = hits[0];
    if (hit === undefined) return null;
    const path =
      /(?:open|mkdir|create|write|unlink|mount|to create file|path|file system:) [`'"]?(?<path>\/[\w./-]{1,200})/.exec(
        hit.quote.text,
      )?.groups?.path;
    return {
      quotes: hits.map(({ quote }) => quote),
      confidence: logConfidence(hits, hit.quote.kind === 'log' ? 'medium' : 'high'),
      what: `${path === undefined ? 'A path' : path} that ${speaker(facts, hit.quote)} needs to write is read-only.`,
      nextStep: `Mount an emptyDir or a writable host path ${path === undefined ? 'where it writes' : `at ${path}`}, or change readOnlyRootFilesystem or readOnly in git.`,
    };
  },
};
