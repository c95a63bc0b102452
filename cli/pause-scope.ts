import { CliError } from './errors.ts';
import type { PlaceOptions } from './options.ts';
import { parseTarget, type Target } from './target.ts';

/** What `pause` and `resume` are about. */
export type PauseScope = Target | { kind: 'all' };

/** Reads `ds/NAME -n NAMESPACE`, the name of an application, or `--all`; exactly one of them. */
export function pauseScope(
  verb: 'pause' | 'resume',
  text: string | undefined,
  options: PlaceOptions & { all?: boolean },
): PauseScope {
  const cure = `Write nodewave ${verb} ds/NAME -n NAMESPACE, or nodewave ${verb} APP, or nodewave ${verb} --all.`;
  if (options.all !== true) {
    if (text === undefined) throw new CliError('usage', `nothing is named to ${verb}`, cure);
    return parseTarget(text, options);
  }
  if (text !== undefined || options.namespace !== undefined || options.cluster !== undefined) {
    throw new CliError('usage', '--all stands alone: it takes no name, namespace or cluster', cure);
  }
  return { kind: 'all' };
}
