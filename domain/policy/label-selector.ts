import type { NodeSelectorRequirement } from '../cluster/view.ts';
import type { NodeSelection } from '../rollout/policy.ts';

const part = String.raw`[^\s,!=<>()]+`;
const forms: [RegExp, (key: string, rest: string) => NodeSelectorRequirement][] = [
  [new RegExp(`^(${part})$`), (key) => ({ key, operator: 'Exists' })],
  [new RegExp(`^!\\s*(${part})$`), (key) => ({ key, operator: 'DoesNotExist' })],
  [new RegExp(`^(${part})\\s*==?\\s*(${part}|)$`), (key, rest) => ({ key, operator: 'In', values: [rest] })],
  [new RegExp(`^(${part})\\s*!=\\s*(${part}|)$`), (key, rest) => ({ key, operator: 'NotIn', values: [rest] })],
  [new RegExp(`^(${part})\\s+in\\s*\\(([^()]+)\\)$`), (key, rest) => ({ key, operator: 'In', values: words(rest) })],
  [
    new RegExp(`^(${part})\\s+notin\\s*\\(([^()]+)\\)$`),
    (key, rest) => ({ key, operator: 'NotIn', values: words(rest) }),
  ],
  [new RegExp(`^(${part})\\s*>\\s*(\\d+)$`), (key, rest) => ({ key, operator: 'Gt', values: [rest] })],
  [new RegExp(`^(${part})\\s*<\\s*(\\d+)$`), (key, rest) => ({ key, operator: 'Lt', values: [rest] })],
];

/**
 * Nodes by a label selector as kubectl takes it: `pool=gpu,!spot`, `zone in (a, b)`, `tier!=edge`, `cores>8`. `undefined`
 * when it is none; keys and values are not looked at.
 */
export function parseLabelSelector(text: string): NodeSelection | undefined {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: NodeSelectorRequirement[] = [];
  // Not at the commas inside of parentheses.
  for (const term of text.split(/,(?![^(]*\))/)) {
    const found = forms
      .map(([form, read]) => ({ match: form.exec(term.trim()), read }))
      .find(({ match }) => match !== null);
    const [, key = '', rest = ''] = found?.match ?? [];
    if (found === undefined) return undefined;
    const requirement = found.read(key, rest);
    const [only] = requirement.values ?? [];
    const isPlain = requirement.operator === 'In' && requirement.values?.length === 1 && only !== undefined;
    if (isPlain && !Object.hasOwn(matchLabels, key)) matchLabels[key] = only;
    else matchExpressions.push(requirement);
  }
  return {
    ...(Object.keys(matchLabels).length === 0 ? {} : { matchLabels }),
    ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
  };
}

function words(list: string): string[] {
  return list.split(',').map((word) => word.trim());
}
