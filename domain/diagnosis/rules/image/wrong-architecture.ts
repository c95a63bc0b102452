import { capital, nodeOf, type Rule, seek, speaker } from '../../rule.ts';
import { crashes, creation, probes } from '../symptoms.ts';
import { imageChange, imageOf, seekPull } from './pull.ts';

const wordings = [
  /no match for platform in manifest/,
  /no matching manifest for (?<platform>[\w/.-]+)/,
  /no image found in (?:image index|manifest list) for architecture "?(?<platform>[\w-]+)"?/,
  /does not match the specified platform/,
];
const executed = [
  /exec(?: user process caused)?\b.{0,300}exec format error/i,
  /^.{0,300}cannot execute binary file: Exec format error/i,
];

/** The image, or the program in it, is made for another processor than the node has. */
export const wrongArchitecture: Rule = {
  cause: 'WrongArchitecture',
  row: {
    shows: 'the pull fails with `no match for platform in manifest`, or the program ends with `exec format error`',
    means: 'the image has no variant for the processor of this node',
    todo: 'build the image for all architectures of the cluster, or keep the DaemonSet off these nodes by `kubernetes.io/arch`',
  },
  best: 'high',
  rank: 3,
  explains: [...crashes, ...creation, ...probes, 'ImageMissing', 'BinaryMissing'],
  changedBy: imageChange,
  find(facts) {
    const hit = seekPull(facts, wordings) ?? seek(facts, ['waiting', 'event', 'ended', 'log'], executed);
    if (hit === null) return null;
    const arch = facts.evidence.node?.labels['kubernetes.io/arch'];
    const node = `node ${nodeOf(facts)}${arch === undefined ? '' : ` (${arch})`}`;
    const image = imageOf(facts, hit);
    const pulled = hit.quote.kind === 'log' || hit.quote.kind === 'ended';
    return {
      quotes: [hit.quote],
      // A program may try another one that does not fit and live; only the end of a run says that it was the program itself.
      confidence: hit.quote.kind === 'log' && hit.quote.fromEnd > 2 ? 'medium' : 'high',
      what: pulled
        ? `The program of ${speaker(facts, hit.quote)} is made for another processor than ${node} has.`
        : `${capital(image)} has no variant for the processor of ${node}.`,
      nextStep: `Build ${image} for ${arch ?? 'the architecture of the node'} as well, or exclude these nodes with a nodeAffinity on kubernetes.io/arch.`,
    };
  },
};
