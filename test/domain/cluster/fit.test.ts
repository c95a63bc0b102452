import { describe, expect, test } from 'vitest';
import { amounts, grows, type RequestingSpec, requestsOf, sum, withoutRoom } from '../../../domain/cluster/fit.ts';

const requests = (cpu: string, memory = '0') => ({ resources: { requests: { cpu, memory } } });
const wants = (spec: RequestingSpec) => requestsOf(spec);

describe('what a pod requests (S20)', () => {
  test.each<[string, RequestingSpec, string]>([
    ['all containers together', { containers: [requests('100m'), requests('0.4')] }, '500m'],
    ['an init container that needs more', { containers: [requests('1')], initContainers: [requests('3')] }, '3'],
    ['not one that needs less', { containers: [requests('1')], initContainers: [requests('500m')] }, '1'],
    [
      'sidecars stay',
      { containers: [requests('1')], initContainers: [{ ...requests('2'), restartPolicy: 'Always' }] },
      '3',
    ],
    [
      'an init container beside the sidecars before it',
      {
        containers: [requests('100m')],
        initContainers: [{ ...requests('1'), restartPolicy: 'Always' }, requests('4')],
      },
      '5',
    ],
    ['overhead on top', { containers: [requests('1')], overhead: { cpu: '250m' } }, '1250m'],
    ['nothing', {}, '0'],
  ])('%s', (_name, spec, cpu) => {
    expect(wants(spec).cpu ?? 0n).toBe(amounts({ cpu }).cpu);
  });

  test('what is no amount counts as nothing', () => {
    expect(wants({ containers: [requests('lots', '1Gi')] })).toEqual(amounts({ memory: '1024Mi' }));
  });
});

test('S20: only a template that requests more of something is looked at', () => {
  const had = amounts({ cpu: '1', memory: '1Gi' });
  expect(grows(had, amounts({ cpu: '1000m', memory: '512Mi' }))).toBe(false);
  expect(grows(had, amounts({ cpu: '500m', memory: '2Gi' }))).toBe(true);
  expect(grows(had, amounts({ 'ephemeral-storage': '1Gi' }))).toBe(true);
});

test('S20: names the nodes where it does not fit beside other pods', () => {
  const node = (name: string, cpu: string) => ({ name, allocatable: amounts({ cpu, memory: '8Gi' }) });
  const used = new Map([
    ['a', amounts({ cpu: '3', memory: '1Gi' })],
    ['b', sum(amounts({ cpu: '1500m' }), amounts({ cpu: '1500m' }))],
  ]);
  const wanted = amounts({ cpu: '1', memory: '1Gi' });
  expect(withoutRoom([node('a', '4'), node('b', '3900m'), node('c', '1'), node('d', '999m')], used, wanted)).toEqual([
    'b',
    'd',
  ]);
  // A resource that a node does not know at all is one that it lacks; one that is not asked for does not matter.
  expect(withoutRoom([{ name: 'e', allocatable: {} }], new Map(), amounts({ cpu: '0', memory: '1' }))).toEqual(['e']);
  expect(withoutRoom([{ name: 'f', allocatable: amounts({ memory: '1' }) }], used, amounts({ cpu: '0' }))).toEqual([]);
});
