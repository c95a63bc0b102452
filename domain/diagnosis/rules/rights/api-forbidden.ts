import { type Hit, logConfidence, nameOr, type Rule, seekAll } from '../../rule.ts';
import { crashes, probes } from '../symptoms.ts';

const user = String.raw`User "system:serviceaccount:(?<namespace>[\w.-]{1,63}):(?<account>[\w.-]{1,253})"`;
const resources = new RegExp(
  `${user} cannot (?<verb>[a-z]{1,30}) resource "(?<resource>[\\w./-]{1,253})" in API group "(?<group>[\\w.-]{0,253})"(?<scope> (?:in the namespace "(?<where>[\\w.-]{1,63})"|at the cluster scope))?`,
);
/** As it was written up to Kubernetes 1.11. */
const older = new RegExp(
  `${user} cannot (?<verb>[a-z]{1,30}) (?<resource>[a-z]{1,100})(?:\\.(?<group>[a-z\\d.-]{1,200}))? (?:in the namespace "(?<where>[\\w.-]{1,63})"|at the cluster scope)`,
);
const paths = new RegExp(`${user} cannot (?<verb>[a-z]{1,30}) path "(?<path>[^"\\s]{1,253})"`);

/** The API server refuses a call of the program: its service account lacks a right. */
export const apiForbidden: Rule = {
  cause: 'ApiForbidden',
  row: {
    shows:
      'the log quotes the API server: `is forbidden: User "system:serviceaccount:NS:NAME" cannot VERB resource "RESOURCE" in API group "GROUP"`',
    means: 'the service account of the pod lacks a right that this release uses',
    todo: 'add the rule that the finding names to the Role or ClusterRole of the service account, in git',
  },
  best: 'high',
  rank: 3,
  explains: [...crashes, ...probes],
  changedBy: /\.image\b|serviceAccount|\.args\b/,
  find(facts) {
    const hits = seekAll(facts, ['log', 'ended'], [resources, older, paths], 3);
    const hit = hits[0];
    if (hit === undefined) return null;
    const account = `${nameOr(hit.get('namespace'), 'NS')}/${nameOr(hit.get('account'), 'NAME')}`;
    const same = hits.filter((one) => one.get('account') === hit.get('account'));
    return {
      quotes: hits.map(({ quote }) => quote),
      confidence: logConfidence(hits, 'high'),
      what: `Service account ${account} may not ${[...new Set(same.map(callOf))].join(', nor ')}.`,
      nextStep: `Add to the ${kindOf(hit)} bound to ${account}: ${[...new Set(same.map(ruleOf))].join(' and ')}.`,
    };
  },
};

function callOf(hit: Hit): string {
  if (hit.get('path') !== '') return `${hit.get('verb')} ${hit.get('path')}`;
  const group = hit.get('group') === '' ? '' : `.${hit.get('group')}`;
  const where = hit.get('where') === '' ? '' : ` in namespace ${hit.get('where')}`;
  return `${hit.get('verb')} ${hit.get('resource')}${group}${where}`;
}

/** The rule as it stands in a Role. Programs that list usually watch next, which needs a right of its own. */
function ruleOf(hit: Hit): string {
  if (hit.get('path') !== '') return `nonResourceURLs: ["${hit.get('path')}"], verbs: ["${hit.get('verb')}"]`;
  const verbs = hit.get('verb') === 'list' ? '"list", "watch"' : `"${hit.get('verb')}"`;
  return `apiGroups: ["${hit.get('group')}"], resources: ["${hit.get('resource')}"], verbs: [${verbs}]`;
}

function kindOf(hit: Hit): string {
  return hit.get('where') === '' ? 'ClusterRole' : `Role in namespace ${hit.get('where')}`;
}
