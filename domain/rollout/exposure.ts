import type { Step, StepRules } from './step-types.ts';

/** Most names in the sentence. */
const named = 5;

/**
 * What a person has to look at because nodes run the new template that were not taken: they joined or lost their pod while a
 * window was open (S27). Null with `onUnplannedExposure: watch`, and for nodes that a person has seen before.
 */
export function unplannedExposure(rules: StepRules, step: Pick<Step, 'exposed'>): string | null {
  if (rules.policy?.onUnplannedExposure !== 'pause' || rules.direction === 'back') return null;
  const accepted = new Set(rules.acceptedExposure ?? []);
  const news = step.exposed.filter((name) => !accepted.has(name));
  if (news.length === 0) return null;
  const others = news.length > named ? ` and ${news.length - named} more` : '';
  const nodes = news.length === 1 ? '1 node runs' : `${news.length} nodes run`;
  return `${nodes} the new template without having been taken (${news.slice(0, named).join(', ')}${others}): joined, or lost the pod, while it was live; resume lets them be, rollback takes them back too`;
}
