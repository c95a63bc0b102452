import { expect, test } from 'vitest';
import { emptyRecord } from '../../../domain/record.ts';
import { withdrawn } from '../../../domain/rollout/withdraw.ts';
import { grant } from './build.ts';

test('S16: what was granted and not acted on is taken back, and its node counts as touched only if it was before', () => {
  const hooked = grant('n4', { hooks: { changes: [], jobs: [] } });
  const record = {
    ...emptyRecord('app', 'uid'),
    grants: [grant('n1'), grant('n2'), grant('n3'), hooked],
    touched: ['u-n0', 'u-n1', 'u-n2', 'u-n3', 'u-n4'],
  };
  const after = withdrawn(record, [grant('n2'), grant('n3'), hooked], ['u-n0', 'u-n3']);
  expect(after.grants.map(({ node }) => node)).toEqual(['n1', 'n4']);
  expect(after.touched).toEqual(['u-n0', 'u-n1', 'u-n3', 'u-n4']);
});
