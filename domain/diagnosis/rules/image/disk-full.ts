import { logConfidence, nodeOf, type Rule, seek, seekAll } from '../../rule.ts';
import { crashes, creation, mounts, probes } from '../symptoms.ts';

const full = /no space left on device/i;
/** The kernel says the same when a user has as many inotify watches as it may. */
const watches = /inotify|fsnotify|watch(?:er|es|ing)?\b/i;

/** A file system is full: of the node, where kubelet or runtime say so, or one that the program writes to. */
export const diskFull: Rule = {
  cause: 'DiskFull',
  row: {
    shows: '`no space left on device` in an event of the kubelet or in the log',
    means: "the node's disk, or a volume that the program writes to, is full",
    todo: 'free space on the node (images, logs) or enlarge the volume',
  },
  best: 'high',
  rank: 2,
  explains: [...crashes, ...creation, ...mounts, ...probes, 'SandboxFailed', 'FileMissing'],
  find(facts) {
    const event = seek(facts, ['waiting', 'event', 'ended'], [full]);
    const hits = event === null ? seekAll(facts, ['log'], [full], 3) : [event];
    const hit = hits.find(({ quote }) => !watches.test(quote.text));
    if (hit === undefined) return null;
    return {
      quotes: [hit.quote],
      confidence: logConfidence([hit], event === null ? 'medium' : 'high'),
      what:
        event === null
          ? 'The program cannot write: a file system that it uses is full.'
          : `A file system of node ${nodeOf(facts)} is full.`,
      nextStep: `Free space on node ${nodeOf(facts)} (old images, logs) or enlarge the volume, then send retry.`,
    };
  },
};
