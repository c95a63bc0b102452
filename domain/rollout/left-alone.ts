import { shorten } from '../markdown.ts';
import type { NodeAside } from '../wire.ts';
import type { RolloutState } from './state.ts';

/** Most names of a kind in a sentence, and most characters of a name with its reason. */
const shown = { names: 5, text: 100 };

/** Nodes that a rollout ended without, as they follow its outcome: ", 2 deferred (n3: NotReady, n5: being deleted)". */
export function endedWithout(state: RolloutState): string {
  const { progress, aside, tolerated = [] } = state;
  const deferred = aside === undefined ? state.deferred : reasons(aside, 'deferred');
  const kept = reasons(aside ?? [], 'kept');
  const failing = tolerated.map(({ node, cause }) => `${node}: ${cause}`);
  return [
    counted('deferred', deferred, progress?.deferred),
    counted('kept as they are', kept, progress?.kept),
    counted('failing within the failure budget', failing, progress?.failing),
  ].join('');
}

/** Nodes that are left alone now, each with its reason, for the page. */
export function leftAlone(state: RolloutState, most: number): string[] {
  return (state.aside ?? []).slice(0, most).map(({ node, why }) => `${shorten(node, shown.text)}: ${why}`);
}

function reasons(aside: readonly NodeAside[], kind: NodeAside['kind']): string[] {
  return aside.filter((one) => one.kind === kind).map(({ node, why }) => `${node}: ${why}`);
}

/** The list is bounded, the count is not. */
function counted(what: string, names: readonly string[], count: number | undefined): string {
  if (names.length === 0) return '';
  const total = Math.max(count ?? 0, names.length);
  const first = names.slice(0, shown.names).map((name) => shorten(name, shown.text));
  return `, ${total} ${what} (${first.join(', ')}${total > first.length ? ', …' : ''})`;
}
