import { expect, test } from 'vitest';
import { nodeFacts } from '../../../domain/rollout/node-facts.ts';
import type { StepView } from '../../../domain/rollout/step-types.ts';
import { seededRandom } from '../../chaos/rounds.ts';
import { grant, nodes, pod, rules, view } from './build.ts';

const seed = Number(process.env.NODEWAVE_SEED ?? 20_261_124);

test('facts that are kept from one decision to the next are those that would be made anew', () => {
  const random = seededRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const all = nodes(8);
  const pods = all.map(({ name }) => pod(name, 'old'));
  const ruleSets = [rules(), rules({ direction: 'back', toHash: 'old' })];
  const now: { -readonly [K in keyof StepView]?: StepView[K] } = {};
  const unready = new Set<string>();
  const touched = new Set<string>();
  const changes: (() => unknown)[] = [
    () => pods.splice(pick(8), 1, pod(all[pick(8)]?.name ?? '', random() < 0.5 ? 'new' : 'old')),
    () => pods.splice(pick(8), 1, pod('n03', 'new', { terminatingUntilMs: 5, uid: `${random()}` })),
    () => unready.add(pods[pick(8)]?.uid ?? ''),
    () => unready.clear(),
    () => touched.add(`u-n0${pick(8)}`),
    () => touched.clear(),
    () => Object.assign(now, { upgrading: new Set([`n0${pick(8)}`]) }),
    () => Object.assign(now, { ownNodes: new Set([`n0${pick(8)}`]) }),
    () => Object.assign(now, { grants: random() < 0.5 ? [] : [grant(`n0${pick(8)}`)] }),
    () => all.splice(0, 1, { ...all[0], name: 'n00', uid: 'u-n00', ready: random() < 0.5 } as (typeof all)[number]),
  ];
  for (let round = 0; round < 2_000; round++) {
    changes[pick(changes.length)]?.();
    const seen = view({ ...now, nodes: all, pods, touched, isAvailable: ({ uid }) => !unready.has(uid) });
    const [rule] = random() < 0.5 ? ruleSets : [...ruleSets].reverse();
    if (rule === undefined) continue;
    const anew = nodeFacts(rule, seen, structuredClone(all));
    expect(nodeFacts(rule, seen, all), `NODEWAVE_SEED=${seed}, round ${round}`).toEqual(anew);
  }
});
