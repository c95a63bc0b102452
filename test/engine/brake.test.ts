import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ApplyOptions } from '../../activities/cluster/client.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { createGuardActivities } from '../../activities/rollout/guard-activities.ts';
import { neverReady } from '../../dev/stack/stages.ts';
import { recordName } from '../../domain/ids.ts';
import { brakeAnnotation, interlockPlace } from '../../domain/interlock.ts';
import { isWorker } from '../support/audit.ts';
import { uniqueName } from '../support/cluster.ts';
import { scenarios } from './scenario.ts';

const held = 'brake:held';
/** Of this file's own: the brake stops every rollout that goes by it. */
const interlock = { ...interlockPlace, name: uniqueName('brake') };
const scenario = scenarios(neverReady(held), { interlock: interlock.name });

scenario(
  'the brake of a cluster stops every deletion, rollbacks included, until it is lifted; windows that are overridden do not lift it',
  {},
  async (scene) => {
    const { kube } = scene.engine;
    const { setBrake, readBrake } = createGuardActivities({ clusterFor: () => kube, interlock });
    const cluster = 'local';
    await scene.install('brake:1');
    // A window that is always open: what is overridden has to be there.
    const always = { kind: 'allow' as const, schedule: '0 0 * * *', durationMs: 24 * 3_600_000, timeZone: 'UTC' };
    const rollout = await scene.rollout(held, { policy: { windows: [always] } });
    await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
    await setBrake({ cluster, paused: { by: 'ann', reason: 'storage outage' } });
    const pulledMs = Date.now();
    expect(await readBrake({ cluster })).toEqual({ paused: 'ann: storage outage' });

    const { sentence, waitsUntilMs } = await scene.until(
      'the nodes in flight to finish, and no other to be taken',
      async () => {
        await scene.makeReady(held);
        const status = await rollout.status();
        return status.phase === 'waiting' && status;
      },
    );
    // Nodes that came back before the brake was seen have let others be taken.
    const touched = (await scene.taken()).length;
    expect(sentence).toContain('Waits: all rollouts of this cluster are paused by ann: storage outage.');
    expect(waitsUntilMs).toBeNull();
    await rollout.send('overrideWindow', { reason: 'CVE' });
    await rollout.reaches('waiting', ({ windowsOverridden }) => windowsOverridden !== undefined);

    await rollout.send('rollback', { reason: 'bad anyway' });
    const said = await rollout.reaches('rollingBack', ({ live }) => live?.blocked !== null && live !== null);
    expect(said.live?.blocked).toContain('paused by ann: storage outage');
    expect(await scene.taken()).toHaveLength(touched);
    const late = (await scene.deletes()).filter(({ user, atMs }) => isWorker(user) && atMs > pulledMs + 4_000);
    expect(late).toEqual([]);

    // As kubectl does it: no part of Nodewave is needed.
    const lifted = { metadata: { annotations: { [brakeAnnotation]: null } } };
    await kube.patch(paths.configMap(interlock.namespace, interlock.name), lifted, { type: 'merge' });
    expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
    expect(await readBrake({ cluster })).toEqual({ paused: null });
    expect(await scene.taken()).toHaveLength(2 * touched);

    // Pulled again before anything is taken: the next rollout waits at once, and goes on by itself.
    await setBrake({ cluster, paused: { by: 'ann', reason: 'again' } });
    const next = await scene.rollout('brake:2');
    await next.reaches('waiting', ({ accepts }) => !accepts.includes('overrideWindow'));
    await expect(next.send('overrideWindow', { reason: 'CVE' })).rejects.toThrow();
    expect(await scene.taken()).toHaveLength(2 * touched);
    await setBrake({ cluster, paused: null });
    expect(await next.result()).toMatchObject({ outcome: 'succeeded' });
  },
);

/** Called once the first grants of a rollout in a namespace are in its record, before any of its pods is deleted. */
const onGrant = new Map<string, () => Promise<void>>();
const another = { ...interlockPlace, name: uniqueName('brake') };
const overtaken = scenarios([], {
  interlock: another.name,
  around: (client) => ({
    ...client,
    apply: async <T>(path: string, object: object, options: ApplyOptions) => {
      const written = await client.apply<T>(path, object, options);
      const [, namespace = ''] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
      const granted =
        path.endsWith(recordName('agent')) && /"grants":\[\{/.test(JSON.stringify(object).replaceAll('\\', ''));
      const act = granted ? onGrant.get(namespace) : undefined;
      onGrant.delete(granted ? namespace : '');
      await act?.();
      return written;
    },
  }),
});

overtaken(
  'a grant that the brake overtakes is taken back: no pod goes, and nothing counts as out for it',
  {},
  async (scene) => {
    const { setBrake } = createGuardActivities({ clusterFor: () => scene.engine.kube, interlock: another });
    const cluster = 'local';
    await scene.install('brake:1');
    onGrant.set(scene.namespace, async () => {
      await setBrake({ cluster, paused: { by: 'ann', reason: 'just now' } });
      // What is known of the brake may be two seconds old.
      await sleep(2_100);
    });
    const rollout = await scene.rollout('brake:2');
    expect((await rollout.reaches('waiting')).sentence).toContain('paused by ann: just now');
    expect(onGrant.size, 'something was granted').toBe(0);
    expect(await scene.taken()).toEqual([]);
    expect(await scene.record()).toMatchObject({ grants: [], touched: [] });
    await setBrake({ cluster, paused: null });
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
  },
);
