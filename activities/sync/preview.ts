import type { PolicySources } from '../../domain/policy/source.ts';
import type { ObjectChange, Preview, ShownBatchPlan } from '../../domain/sync.ts';
import type { Prepared } from './prepare.ts';

/** Activity results stay under 64 KB, envelope and encoding included. */
const maxBytes = 56 * 1024;
const maxFieldsPerObject = 100;
const maxSourceBytes = 16 * 1024;

/** The preview with every field change that fits. */
export function fieldPreview(prepared: Prepared, batchPlans: ShownBatchPlan[]): Preview {
  const { room: _room, ...preview } = boundedPreview(prepared, batchPlans);
  return preview;
}

/** The preview, cut down to what fits into a payload; changed objects and costly changes stay longest. `room` is what is left, in bytes. */
export function boundedPreview(
  { plan, objects, daemonSets }: Pick<Prepared, 'plan' | 'objects' | 'daemonSets'>,
  batchPlans: ShownBatchPlan[],
): Preview & { room: number } {
  const policySources = sourcesThatFit(daemonSets);
  let room = maxBytes - size({ plan, batchPlans, policySources });
  let truncated = false;
  const kept: ObjectChange[] = [];
  const weight = (object: ObjectChange): number =>
    object.kind === 'DaemonSet' ? 0 : object.action === 'unchanged' ? 2 : 1;
  for (const object of [...objects].sort((a, b) => weight(a) - weight(b))) {
    const whole = { ...object, fields: [] as ObjectChange['fields'] };
    // Notes change nothing: before an object is left out, they are.
    const { notes: _notes, ...rest } = whole;
    const bare = size(whole) > room ? rest : whole;
    if (bare !== whole || size(bare) > room) truncated = true;
    if (size(bare) > room) continue;
    room -= size(bare);
    for (const field of object.fields) {
      if (size(field) > room || bare.fields.length === maxFieldsPerObject) {
        truncated = true;
        break;
      }
      bare.fields.push(field);
      room -= size(field);
    }
    kept.push(bare);
  }
  // Shown in the order in which they are applied.
  const order = new Map(objects.map((object, index) => [key(object), index]));
  kept.sort((a, b) => (order.get(key(a)) ?? 0) - (order.get(key(b)) ?? 0));
  return { plan, objects: kept, truncated, batchPlans, policySources, room };
}

/** Only what people could not see in the application: the rest is in its spec already. */
function sourcesThatFit(daemonSets: Prepared['daemonSets']): NonNullable<Preview['policySources']> {
  let room = maxSourceBytes;
  const kept: NonNullable<Preview['policySources']> = [];
  for (const { sync, resolved } of daemonSets) {
    const sources: PolicySources = Object.fromEntries(
      Object.entries(resolved.sources).filter(([, { kind }]) => kind !== 'NodeApplication' && kind !== 'default'),
    );
    if (Object.keys(sources).length === 0) continue;
    const entry = { namespace: sync.namespace, name: sync.name, sources };
    room -= size(entry);
    if (room < 0) break;
    kept.push(entry);
  }
  return kept;
}

function key({ apiVersion, kind, namespace, name }: ObjectChange): string {
  return [apiVersion, kind, namespace, name].join('/');
}

/** In bytes as JSON, with the comma. */
function size(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
