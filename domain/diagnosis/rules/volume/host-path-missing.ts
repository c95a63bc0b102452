import { capital, nodeOf, type Rule, seek } from '../../rule.ts';
import { creation, mounts } from '../symptoms.ts';

const wordings = [
  /hostPath type check failed: (?<path>\/?[\w./-]{0,253}) is not (?<expected>a[\w ]{1,40})/,
  /failed to (?:generate spec: failed to )?stat "(?<path>\/[\w./-]{1,253})": stat \S+: no such file or directory/,
  /failed to resolve symlink "(?<path>\/[\w./-]{1,253})": lstat/,
  /(?:stat|lstat) (?<path>\/[\w./-]{1,253}): no such file or directory/,
  /mounting "(?<path>\/(?!var\/lib\/kubelet\/pods)[\w./-]{1,253})" to rootfs.{0,500}no such file or directory/,
  /bind source path does not exist: (?<path>\/[\w./-]{1,253})/,
];

/** A path of the node that the pod mounts is not there, or is something else. */
export const hostPathMissing: Rule = {
  cause: 'HostPathMissing',
  row: {
    shows:
      'event `FailedMount` with `hostPath type check failed`; or `CreateContainerError` with `stat PATH: no such file or directory`',
    means: 'the pod mounts a path of the node that this node does not have, or that is of another type',
    todo: 'create the path on the nodes, use `type: DirectoryOrCreate`, or correct the path for this kind of node',
  },
  best: 'high',
  rank: 3,
  explains: [...creation, ...mounts, 'BinaryMissing'],
  changedBy: /volumes|hostPath/,
  find(facts) {
    const texts = facts.quotes.filter(({ text }) => !/exec: "/.test(text) && !/hostPath type check failed/.test(text));
    const checked = seek(facts, ['event'], wordings.slice(0, 1));
    const hit = checked ?? seek({ ...facts, quotes: texts }, ['waiting', 'event', 'ended'], wordings.slice(1));
    if (hit === null) return null;
    const path = hit.get('path') === '' ? 'a path' : hit.get('path');
    const expected = hit.get('expected');
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${capital(path)}, mounted from node ${nodeOf(facts)}, ${expected === '' ? 'does not exist there' : `is not ${expected}, or does not exist there`}.`,
      nextStep: /file|socket|device/.test(expected)
        ? `See on node ${nodeOf(facts)} what should make ${path}, or correct hostPath.path and its type in git for this kind of node.`
        : `Create ${path} on the node, set type: DirectoryOrCreate, or correct hostPath.path in git for this kind of node.`,
    };
  },
};
