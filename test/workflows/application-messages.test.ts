import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../dev/stack/wait.ts';
import { utf8Length } from '../../domain/markdown.ts';
import type { Preview } from '../../domain/sync.ts';
import { commit, daemonSet, type Harness, makeSpec, startHarness, TestApplication } from './application/harness.ts';
import { coded } from './application/world.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
}, 180_000);

afterAll(async () => {
  await harness?.stop();
});

const c1 = commit('1');
const c2 = commit('2');
const by = 'ann';

interface Metadata {
  currentDetails: string;
  definition: { updateDefinitions: { name: string; description: string }[]; signalDefinitions: { name: string }[] };
}

async function metadata(app: TestApplication): Promise<Metadata> {
  return await app.handle.query<Metadata>('__temporal_workflow_metadata');
}

describe('before apply', () => {
  test('a push waits for the spec and says so; configure starts everything', async () => {
    const app = new TestApplication(harness, 'early');
    app.world.push(c1, [daemonSet('early', 't1', 'unchanged')]);
    await app.start(null);
    await app.changed();
    const early = await app.until('the delivery', ({ lastDelivery }) => lastDelivery !== null);
    expect(early).toMatchObject({ phase: 'waiting', spec: null });
    expect(early.sentence).toContain('nodewave apply -f FILE');
    await expect(app.update('sync', { by, requestId: 'r' })).rejects.toThrow('Not configured yet');
    await expect(app.update('preview', { by })).rejects.toThrow('Not configured yet');
    expect(app.world.calls).toEqual([]);
    const answer = await app.update('configure', { spec: app.spec, by });
    expect(answer.message).toContain('created');
    await app.outcome(c1, 'unchanged');
    expect((await app.status()).log[0]).toMatchObject({ by, what: 'configure: application created' });
  });

  test('an application that was never configured can be deleted', async () => {
    const app = new TestApplication(harness, 'never');
    await app.start(null);
    await app.update('remove', { by });
    await app.handle.result();
    expect(app.world.calls).toEqual([]);
  });
});

describe('refusals', () => {
  let app: TestApplication;
  beforeAll(async () => {
    app = new TestApplication(harness, 'refuses');
    app.world.push(c1, [daemonSet('refuses-a', 't1', 'unchanged'), daemonSet('refuses-b', 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    // The poll is the last thing that the workflow schedules before it is at rest.
    await waitFor(() => app.world.count('waitForNewCommit') > 0, { timeoutMs: 10_000, what: 'the workflow at rest' });
  });

  test.each([
    ['sync', undefined, 'sync takes one JSON object, for example {"by":"your name","requestId":"any new id"}'],
    ['sync', 'now', 'sync takes one JSON object'],
    ['sync', [], 'sync takes one JSON object'],
    ['sync', { requestId: 'r' }, 'sync needs "by"'],
    ['sync', { by: '  ', requestId: 'r' }, 'sync needs "by"'],
    ['sync', { by }, 'sync needs "requestId"'],
    ['sync', { by, requestId: 'r', reason: 7 }, '"reason" is a text'],
    ['retry', undefined, 'retry takes one JSON object'],
    ['retry', { by }, 'Nothing failed: the phase is waiting'],
    [
      'retry',
      { by, daemonset: 'other' },
      'has no DaemonSet "other"; it has monitoring/refuses-a, monitoring/refuses-b',
    ],
    ['rollback', { by }, 'rollback needs "reason"'],
    ['rollback', { by, reason: 'x' }, 'name one in "daemonset": monitoring/refuses-a, monitoring/refuses-b'],
    ['rollback', { by, reason: 'x', daemonset: 7 }, '"daemonset" is a name'],
    ['releaseQuarantine', { by }, 'Nothing is quarantined: the phase is waiting'],
    ['remove', { by, mode: 'delete' }, '"mode" is "orphan"'],
    ['remove', null, 'remove takes one JSON object'],
    ['preview', { commit: 'main' }, 'full commit'],
    ['configure', { by }, '"spec" is missing'],
    ['configure', { by, spec: makeSpec('another') }, '"spec.name" must be refuses'],
    ['configure', { by, spec: { ...makeSpec('refuses'), source: {} } }, '"spec.source.repo" must be a text'],
    [
      'configure',
      { by, spec: { ...makeSpec('refuses'), destination: { cluster: 'other', namespace: 'x' } } },
      'is on cluster test and cannot move to other',
    ],
  ])('%s %j', async (update, input, sentence) => {
    await expect(app.update(update, input)).rejects.toThrow(sentence);
    // Not the length: a busy server may write down the workflow task that asked the validator.
    const { events } = await app.handle.fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual([]);
  });

  test('nothing of it changed anything', async () => {
    expect(await app.status()).toMatchObject({ phase: 'waiting', log: [] });
  });
});

describe('configure', () => {
  test('another branch is followed at once', async () => {
    const app = new TestApplication(harness, 'moves');
    app.world.push(c1, [daemonSet('moves', 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    const spec = { ...app.spec, source: { ...app.spec.source, ref: { branch: 'next' } } };
    const answer = await app.update('configure', { by, spec });
    expect(answer.message).toContain('changed');
    await app.until('a second sync', ({ recent }) => recent.length === 2);
    expect((await app.status()).spec).toEqual(spec);
    await app.changed({ deliveryId: 'old', refs: ['refs/heads/main'] });
    await app.changed({ deliveryId: 'new', refs: ['refs/heads/next'] });
    await app.until('the poll of the new ref', () => app.world.count('resolveRef') === 3);
  });

  test('a spec that arrives while a commit is prepared is the one that is applied', async () => {
    const app = new TestApplication(harness, 'respec');
    const gate = Promise.withResolvers<void>();
    app.world.gate = gate.promise;
    app.world.push(c1, [daemonSet('respec', 't1', 'install')]);
    await app.start();
    await app.until('preparing', () => app.world.count('prepareSync') === 1);
    const spec = { ...app.spec, rollout: { ...app.spec.rollout, maxRestarts: 9 } };
    await app.update('configure', { by, spec });
    gate.resolve();
    const { input } = await (await app.rollout('respec', c1)).seen();
    expect(input.spec.rollout.maxRestarts).toBe(9);
    expect(app.world.count('prepareSync')).toBe(2);
  });
});

describe('preview', () => {
  const preview = (app: TestApplication, input?: unknown) =>
    app.update('preview', input) as Promise<unknown> as Promise<Preview>;

  test('works in every phase, and its failures are sentences', async () => {
    const app = new TestApplication(harness, 'preview');
    app.world.push(c1, coded('BadInput', 'agent.yaml:3: unknown field "imagee"'));
    await app.start();
    await app.until('invalid', ({ phase }) => phase === 'invalid');
    await expect(preview(app)).rejects.toThrow('unknown field "imagee"');
    app.world.push(c2, [daemonSet('preview', 't2', 'install')]);
    expect((await preview(app, { by })).plan.commit).toBe(c2);
    expect(app.world.count('prepareSync', c2)).toBe(0);
    await app.changed();
    const rollout = await app.rollout('preview', c2);
    expect((await preview(app)).plan.commit).toBe(c2);
    await expect(preview(app, { commit: c1 })).rejects.toThrow('unknown field');
    await rollout.finish('rolledBack', 'CrashLoopBackOff');
    await app.until('held', ({ phase }) => phase === 'held');
    expect((await preview(app)).plan.commit).toBe(c2);
    app.world.broken.set('prepareSync', coded('Infrastructure', 'cluster away'));
    await app.update('sync', { by, requestId: 'r' });
    await app.until('holding', ({ phase }) => phase === 'holding');
    expect((await preview(app)).plan.commit).toBe(c2);
  });
});

describe('remove', () => {
  test('is refused while a rollout runs, then gives the DaemonSets back and ends', async () => {
    const app = new TestApplication(harness, 'removed');
    app.world.push(c1, [daemonSet('removed', 't1', 'install')]);
    await app.start();
    const rollout = await app.rollout('removed', c1);
    await expect(app.update('remove', { by })).rejects.toThrow('nodewave abort ds/removed -n monitoring');
    await rollout.finish('installed');
    await app.outcome(c1, 'installed');
    await app.update('remove', { by, reason: 'moved elsewhere' });
    expect(await app.handle.result()).toMatchObject({ name: 'removed' });
    expect(app.world.count('releaseApplication')).toBe(1);
    const status = await app.status();
    expect(status.phase).toBe('removed');
    expect(status.log.map((entry) => entry.what)).toEqual(['delete: moved elsewhere', 'OnDelete is given back']);
  });

  test('waits for an unreachable cluster, and takes no other message meanwhile', async () => {
    const app = new TestApplication(harness, 'removing');
    app.world.push(c1, [daemonSet('removing', 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    app.world.broken.set('releaseApplication', coded('Infrastructure', 'The API server does not answer.'));
    await app.update('remove', { by });
    await app.until('holding', ({ phase }) => phase === 'holding');
    await expect(app.update('sync', { by, requestId: 'r' })).rejects.toThrow('is being removed');
    app.world.broken.clear();
    await app.handle.result();
  });

  test('that cannot be done leaves the application as it is, with the sentence', async () => {
    const app = new TestApplication(harness, 'stays');
    app.world.push(c1, [daemonSet('stays', 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    app.world.broken.set('releaseApplication', coded('Conflict', 'DaemonSet monitoring/stays is edited by kubectl'));
    await app.update('remove', { by });
    expect((await app.until('invalid', ({ phase }) => phase === 'invalid')).sentence).toContain('edited by kubectl');
    app.world.broken.clear();
    await app.update('remove', { by });
    await app.handle.result();
  });
});

describe('what the Temporal UI shows', () => {
  test('a page under 4 KB that says what is, and only what can be sent now', async () => {
    const app = new TestApplication(harness, 'page');
    app.world.push(c1, [daemonSet('page', 't1', 'install')]);
    app.world.head = { commit: c1, subject: '<b>[click](https://evil.example)</b> `x` | y' };
    await app.start();
    const rollout = await app.rollout('page', c1);
    const running = (await metadata(app)).currentDetails;
    expect(running).toContain('## page: rollingOut');
    expect(running).toContain('(/namespaces/{namespace}/workflows/rollout%3Atest%3Amonitoring%2Fpage)');
    expect(running).not.toMatch(/<b>|[^\\]\]\(https|[^\\]:\/\/evil/);
    expect(running).not.toContain('- rollback');
    expect(utf8Length(running)).toBeLessThan(4_000);
    await rollout.finish('installed');
    await app.outcome(c1, 'installed');
    const waiting = (await metadata(app)).currentDetails;
    expect(waiting).toContain('- rollback `{"by":"your name","reason":"why"}`');
    expect(waiting).toContain('- remove');
    expect(waiting).not.toContain('- retry');
  });

  test('every update has a description with an example, every signal is listed', async () => {
    const app = new TestApplication(harness, 'described');
    await app.start(null);
    const { definition } = await metadata(app);
    expect(definition.updateDefinitions.map(({ name }) => name).toSorted()).toEqual(
      [
        'configure',
        'explain',
        'pause',
        'preview',
        'releaseQuarantine',
        'remove',
        'resume',
        'retry',
        'rollback',
        'sync',
      ].toSorted(),
    );
    for (const { description } of definition.updateDefinitions) expect(description).toMatch(/Example: \{.*\}$/);
    expect(definition.signalDefinitions.map(({ name }) => name).toSorted()).toEqual([
      'changed',
      'report',
      'rolloutFinished',
    ]);
  });

  test('search attributes follow the phase', async () => {
    const app = new TestApplication(harness, 'attributes');
    app.world.push(c1, [daemonSet('attributes', 't1', 'install')]);
    await app.start();
    const rollout = await app.rollout('attributes', c1);
    const read = async () => (await app.handle.describe()).searchAttributes;
    expect(await read()).toMatchObject({
      NodewaveApplication: ['attributes'],
      NodewaveCluster: ['test'],
      NodewaveCommit: [c1],
      NodewavePhase: ['rollingOut'],
    });
    expect((await rollout.handle.describe()).searchAttributes).toMatchObject({
      NodewaveApplication: ['attributes'],
      NodewaveDaemonSet: ['monitoring/attributes'],
      NodewaveCommit: [c1],
    });
    await rollout.finish('installed');
    await app.outcome(c1, 'installed');
    expect(await read()).toMatchObject({ NodewavePhase: ['waiting'] });
  });
});
