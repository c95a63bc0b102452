import { kubectl, namespaceOf, type Rule, seek } from '../../rule.ts';
import { refusals } from './admission-texts.ts';

const wordings = [
  /exceeded quota: (?<quota>[\w.-]{1,253})(?<numbers>, requested: .{1,250})?/,
  /[Ff]ailed quota: (?<quota>[\w.-]{1,253}): (?<numbers>must specify .{1,200})/,
  /(?<numbers>pods with [\w.-]{1,253} priorityClass is not permitted in [\w.-]{1,63} namespace)/,
  /insufficient quota to match these scopes: (?<numbers>.{1,200})/,
];

/** A ResourceQuota of the namespace leaves no room for the pod. */
export const quotaExceeded: Rule = {
  cause: 'QuotaExceeded',
  row: {
    shows:
      'event `FailedCreate`: `exceeded quota: NAME, requested: …, used: …, limited: …`, or `failed quota: NAME: must specify limits.cpu`',
    means:
      'a ResourceQuota of the namespace has no room for another pod of this size, or demands requests and limits; no pod is created',
    todo: 'raise the quota, lower the requests, or write the requests and limits that it demands',
  },
  best: 'high',
  rank: 3,
  explains: ['AdmissionDenied'],
  changedBy: /resources|priorityClassName/,
  find(facts) {
    const hit = seek(facts, refusals, wordings);
    if (hit === null) return null;
    const quota = hit.get('quota');
    const numbers = hit.get('numbers').replace(/^, /, '');
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `Quota ${quota === '' ? '' : `${quota} `}of namespace ${namespaceOf(facts)} refuses the pod${numbers === '' ? '' : `: ${numbers}`}.`,
      nextStep: /[Pp]riorityClass/.test(numbers)
        ? `Create a ResourceQuota in namespace ${namespaceOf(facts)} that allows this priority class, or change priorityClassName in git.`
        : `Raise the quota (${kubectl(facts, `describe quota${quota === '' ? '' : ` ${quota}`}`)}) or change requests and limits of the template in git.`,
    };
  },
};
