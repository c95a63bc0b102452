import { toolOf } from '../../domain/adopt/claim.ts';
import { fieldManager } from '../../domain/ids.ts';
import { describeObject, isDaemonSet } from '../../domain/manifest/object.ts';
import { referencedConfig } from '../../domain/manifest/references.ts';
import { at } from '../../domain/plain.ts';
import type { Examined } from './examine.ts';
import { templateOf } from './predict.ts';

/** Warnings in one plan; it enters workflow history. */
const maxWarnings = 30;

/** Sentences for people about what the sync does beyond batches. */
export function warningsOf(examined: readonly Examined[], application: string, rendered: readonly string[]): string[] {
  const daemonSets = examined.filter(({ object }) => isDaemonSet(object));
  const all = daemonSets.flatMap((item) => adoption(item, application));
  for (const item of examined) all.push(...reach(item, daemonSets));
  all.push(...rendered);
  const shown = all.slice(0, maxWarnings).map((text) => text.slice(0, 500));
  return all.length > maxWarnings ? [...shown, `and ${all.length - maxWarnings} more warnings`] : shown;
}

/** A changed ConfigMap or Secret is read by running pods, or by whichever pod starts next: no batch holds it back. */
function reach(item: Examined, daemonSets: readonly Examined[]): string[] {
  const { object, action } = item;
  if (object.apiVersion !== 'v1' || action !== 'configure' || item.changes.length === 0) return [];
  return daemonSets
    .filter(({ object: daemonSet, live }) => live !== null && daemonSet.namespace === object.namespace)
    .filter(({ desired }) =>
      referencedConfig(templateOf(desired)).some(({ kind, name }) => kind === object.kind && name === object.name),
    )
    .map(({ object: daemonSet, live }) => {
      const nodes = at(live, 'status', 'desiredNumberScheduled');
      const count = typeof nodes === 'number' ? nodes : 0;
      return `${object.kind} ${object.name} reaches ${count} ${count === 1 ? 'node' : 'nodes'} at once: ${describeObject(daemonSet)} reads it, and batches do not hold it back`;
    });
}

function adoption({ object, live, adopt }: Examined, application: string): string[] {
  if (!adopt || live === null) return [];
  const managers = (live.metadata.managedFields ?? [])
    .filter((entry) => (entry.subresource ?? '') === '')
    .map((entry) => entry.manager);
  const from = managers.length === 0 ? 'nobody' : [...new Set(managers)].join(', ');
  const stale = stalePods(live);
  const tool = toolOf(live.metadata);
  return [
    ...(tool === null
      ? []
      : [
          `${describeObject(object)} is taken over from ${tool.name} by force: stop the delivery there, or both write it in turn`,
        ]),
    `${describeObject(object)} is adopted: field ownership moves from ${from} to ${fieldManager(application)} and its update strategy becomes OnDelete; no pod restarts`,
    ...(stale === 0
      ? []
      : [
          `${describeObject(object)}: ${stale} of its pods run an older template; they stay as they are until the next rollout`,
        ]),
  ];
}

function stalePods(live: Record<string, unknown>): number {
  const [wanted, updated] = ['currentNumberScheduled', 'updatedNumberScheduled'].map((field) =>
    at(live, 'status', field),
  );
  return typeof wanted === 'number' ? wanted - (typeof updated === 'number' ? updated : 0) : 0;
}
