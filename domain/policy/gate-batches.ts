import type { DocumentError } from '../document-error.ts';
import type { GateSpec } from '../gates/types.ts';
import { completeRules } from '../rollout/batches.ts';
import type { BatchSpec, RolloutPolicy } from '../rollout/policy.ts';
import { didYouMean } from '../suggest.ts';
import type { ResolvedPolicy } from './source.ts';

/** A gate that names a batch which is not there would never be asked, and nobody would notice. */
export function unknownBatches(
  gates: readonly GateSpec[],
  batches: readonly BatchSpec[],
): { path: (string | number)[]; message: string }[] {
  const names = completeRules(batches).rules.map(({ name }) => name);
  return gates.flatMap(({ batches: wanted = [] }, index) =>
    wanted.flatMap((name, at) => {
      if (names.includes(name)) return [];
      const message = `there is no batch ${JSON.stringify(name)}${didYouMean(name, names) || `; expected one of ${names.join(', ')}`}`;
      return [{ path: [index, 'batches', at], message }];
    }),
  );
}

/**
 * The same for the policy of one DaemonSet, whose batches and gates may come from different places.
 * @param label names the DaemonSet
 */
export function gateBatchErrors({ policy, sources }: ResolvedPolicy, label: string): DocumentError[] {
  const { file = sources.gates.name ?? '', line = 1, field } = sources.gates;
  return unknownBatches(policy.gates ?? [], policy.batches).map(({ path: [index], message }) => ({
    file,
    line,
    field,
    message: `gate ${policy.gates?.[Number(index)]?.name}: ${message} (batches of ${label})`,
  }));
}

/** After which batches a gate is asked, for people; `needsRest` says that it compares with pods on last good. */
export function askedAfter(gate: GateSpec, { batches }: Pick<RolloutPolicy, 'batches'>, needsRest: boolean): string {
  const names = completeRules(batches).rules.map(({ name }) => name);
  const wanted = names.filter((name) => gate.batches?.includes(name) ?? true);
  const asked = needsRest ? wanted.filter((name) => name !== names.at(-1)) : wanted;
  if (asked.length === 0) return needsRest ? 'none: after the last batch nothing is left to compare with' : 'none';
  if (asked.length === names.length) return 'every batch';
  if (needsRest && asked.length === names.length - 1) return 'every batch but the last';
  return asked.join(', ');
}
