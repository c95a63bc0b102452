import { expect, test } from 'vitest';
import { comparesWithRest } from '../../../domain/gates/applies.ts';
import { gates } from '../../../domain/gates/parse.ts';
import { gateKinds, needsRest } from '../../../domain/gates/registry.ts';

const prometheus = { url: 'https://prometheus.example.com', query: 'sum by (node) (x)' };

/** At least one gate of every kind, and of those that can compare one of each sort. */
const all = gates.parse(
  [
    { pods: {} },
    { nodes: {} },
    { prometheus: { ...prometheus, condition: 'value < 1' } },
    { prometheus: { ...prometheus, compare: 'updated-vs-rest', tolerance: 1 } },
    { http: { url: 'https://smoke.example.com' } },
    { job: { template: { spec: { containers: [{ name: 'a', image: 'a:1' }] } } } },
    { logs: {} },
    { logs: { compare: 'none' } },
    { report: { check: 'e2e' } },
  ].map((kind, index) => ({ name: `gate-${index}`, ...kind })),
);

test('workflows know without the registry which gates compare with nodes on last good', () => {
  expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(gateKinds.keys()));
  expect(all.map(comparesWithRest)).toEqual(all.map(needsRest));
  expect(all.filter(comparesWithRest)).toHaveLength(2);
});
