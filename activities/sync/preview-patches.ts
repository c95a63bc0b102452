import { maskedObjects } from '../../domain/diff/mask-object.ts';
import { withoutNoise } from '../../domain/diff/noise.ts';
import { yamlPatch } from '../../domain/diff/patch.ts';
import type { ObjectPatch, Preview, ShownBatchPlan } from '../../domain/sync.ts';
import type { Examined } from './examine.ts';
import { comparedOf } from './fields.ts';
import type { Prepared } from './prepare.ts';
import { boundedPreview } from './preview.ts';

/** The preview with a unified diff of every changed object in place of its fields; those of DaemonSets fit first. */
export function patchPreview(prepared: Prepared, batchPlans: ShownBatchPlan[]): Preview {
  const objects = prepared.objects.map((object) => ({ ...object, fields: [] }));
  const bare = boundedPreview({ ...prepared, objects }, batchPlans);
  const changed = prepared.examined.filter(({ action }) => action !== 'unchanged');
  const order = [...changed].sort(
    (a, b) => Number(b.object.kind === 'DaemonSet') - Number(a.object.kind === 'DaemonSet'),
  );
  let room = bare.room;
  const kept = new Map<Examined, ObjectPatch>();
  for (const one of order) {
    const patch = patchOf(one, prepared.secrets);
    const bytes = Buffer.byteLength(JSON.stringify(patch)) + 1;
    if (bytes > room) continue;
    room -= bytes;
    kept.set(one, patch);
  }
  const { room: _room, ...preview } = bare;
  const patches = changed.flatMap((one) => kept.get(one) ?? []);
  return { ...preview, patches, truncated: preview.truncated || patches.length < changed.length };
}

function patchOf(examined: Examined, secrets: readonly string[]): ObjectPatch {
  const { object } = examined;
  const { apiVersion, kind, namespace, name } = object;
  const { live, desired } = comparedOf(examined, examined.desired);
  const known = kind === 'Secret' ? secrets : secrets.filter((text) => text.length >= 8);
  const { before, after } = maskedObjects(
    { kind, secrets: known },
    live === null ? null : withoutNoise(live),
    withoutNoise(desired),
  );
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name, patch: yamlPatch(before, after) };
}
