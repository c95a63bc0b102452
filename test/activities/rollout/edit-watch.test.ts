import { expect, test } from 'vitest';
import type { ClusterClient } from '../../../activities/cluster/client.ts';
import { lookForEdit } from '../../../activities/rollout/edit-watch.ts';
import { digest } from '../../../domain/digest.ts';
import { NodewaveError } from '../../../domain/failures.ts';
import { annotations } from '../../../domain/ids.ts';
import { emptyRecord } from '../../../domain/record.ts';

const context = {
  ref: { cluster: 'local', namespace: 'n', name: 'agent' },
  application: 'app',
  holder: { rollout: 1, epoch: 1 },
};
const template = (image: string) => ({ spec: { containers: [{ name: 'agent', image }] } });
const [good, target] = [template('agent:1'), template('agent:2')];
const entry = { commit: 'c', revision: 'agent-a', hash: 'a', templateDigest: digest(good), atMs: 1 };
const record = {
  ...emptyRecord('app', 'uid'),
  target: { commit: 'd', templateDigest: digest(target), quarantineKey: 'k' },
  good: [entry],
  templates: { [digest(good)]: good, [digest(target)]: target },
};

function daemonSet(change: { type?: string; template?: object; uid?: string } = {}) {
  const { type = 'OnDelete', uid = 'uid' } = change;
  return {
    metadata: { name: 'agent', namespace: 'n', uid, annotations: { [annotations.application]: 'app' } },
    spec: { template: change.template ?? good, updateStrategy: { type } },
  };
}

/** What one look comes to: an answer, or the code of the failure that makes the server look again later. */
async function look(live: object | null | Error, told: string | null = null, kind: 'lastGood' | 'any' = 'any') {
  const get = async (path: string) => {
    if (live instanceof Error) throw live;
    if (path.includes('configmaps')) {
      return live === null ? null : { metadata: { resourceVersion: '1' }, data: { record: JSON.stringify(record) } };
    }
    return live;
  };
  const client = { get } as unknown as ClusterClient;
  return await lookForEdit(client, { context, told, live: kind }).catch((error: unknown) => error);
}

const again = { type: 'NoNews', category: 'BENIGN', nextRetryDelay: 5_000 };

test('S29: as long as nobody else changes anything it is looked again in five seconds, and history does not grow', async () => {
  expect(await look(daemonSet())).toMatchObject(again);
  expect(await look(daemonSet({ template: target })), 'windows swap known templates').toMatchObject(again);
});

test('S29: a field is held against last good, which was live: not against the target', async () => {
  expect(await look(daemonSet({ template: template('agent:3') }))).toMatchObject({
    edit: expect.stringContaining('image: agent:1 became agent:3'),
  });
});

test('S31: RollingUpdate is news once, and its end is news too', async () => {
  const flipped = daemonSet({ type: 'RollingUpdate' });
  const { edit } = (await look(flipped)) as { edit: string };
  expect(edit).toMatch(/changed the update strategy .* to RollingUpdate/);
  expect(await look(flipped, edit)).toMatchObject(again);
  expect(await look(daemonSet(), edit)).toEqual({ edit: null });
});

test('S30: where last good must be live, another template that is known is news', async () => {
  expect(await look(daemonSet({ template: target }), null, 'lastGood')).toMatchObject({
    edit: expect.stringContaining('put another template live'),
  });
  expect(await look(daemonSet(), null, 'lastGood')).toMatchObject(again);
});

test.each([
  ['deleted, its record with it', null],
  ['made again', daemonSet({ uid: 'other' })],
])('S32: %s is news', async (_, live) => {
  expect(await look(live)).toMatchObject({ edit: expect.stringContaining('was deleted') });
});

test('S34: a cluster that cannot be asked is no news', async () => {
  expect(await look(new NodewaveError('Infrastructure', 'no answer'))).toMatchObject(again);
  expect(await look(new NodewaveError('Infrastructure', 'no answer'), 'told')).toMatchObject(again);
});
