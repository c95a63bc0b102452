import { daemonSetOf, kubectl, type Rule, seek } from '../../rule.ts';
import { refusals } from './admission-texts.ts';

const labels = [/`?selector`? does not match template `?labels`?/];
const immutable = [/spec\.selector: Invalid value: .{0,1500}field is immutable/];

/** The selector of the DaemonSet does not fit its template's labels, or was changed, which the API server refuses. */
export const selectorMismatch: Rule = {
  cause: 'SelectorMismatch',
  row: {
    shows:
      'the API server answers that "selector" does not match template "labels", or that `spec.selector` is immutable',
    means:
      'the labels of the template do not have what the selector asks for; or git changes the selector, which a DaemonSet cannot do',
    todo: 'make labels and selector agree; for another selector, give the DaemonSet a new name',
  },
  best: 'high',
  rank: 3,
  releaseOnly: true,
  find(facts) {
    const changed = seek(facts, refusals, immutable);
    const hit = changed ?? seek(facts, refusals, labels);
    if (hit === null) return null;
    const name = daemonSetOf(facts);
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what:
        changed === null
          ? `The labels of the template of ${name} do not match its selector.`
          : `The selector of ${name} was changed in git, and selectors cannot be changed.`,
      nextStep:
        changed === null
          ? 'Write every label of spec.selector.matchLabels into spec.template.metadata.labels in git.'
          : `Put the old selector back (${kubectl(facts, `get daemonset ${name} -o jsonpath='{.spec.selector}'`)}), or rename the DaemonSet.`,
    };
  },
};
