import { describe, expect, test } from 'vitest';
import { type FieldSet, type ManagedFieldsEntry, union } from '../../../domain/adopt/managed-fields.ts';
import { pruneTaken } from '../../../domain/adopt/prune.ts';
import { giveBack, isKubectl, takeOver, takeOverUnowned, takeTemplate } from '../../../domain/adopt/take-over.ts';

const entry = (manager: string, fieldsV1: FieldSet, change: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  apiVersion: 'apps/v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...change,
});

describe('union', () => {
  test('a leaf beside a node with children becomes its own member', () => {
    expect(union({ 'f:a': {} }, { 'f:a': { 'f:b': {} } })).toEqual({ 'f:a': { '.': {}, 'f:b': {} } });
    expect(union({ 'f:a': { 'f:b': {} } }, { 'f:a': {} })).toEqual({ 'f:a': { '.': {}, 'f:b': {} } });
    expect(union({ 'f:a': {} }, { 'f:a': {} })).toEqual({ 'f:a': {} });
  });
});

describe('takeOver', () => {
  const status = entry('kube-controller-manager', { 'f:status': {} }, { subresource: 'status' });

  test('what kubectl applied goes to the application, everything else stays', () => {
    const other = entry('vault', { 'f:metadata': { 'f:annotations': { 'f:vault': {} } } });
    const after = takeOver(
      [
        entry('kubectl-client-side-apply', { 'f:spec': { 'f:template': {} } }),
        entry(
          'kubectl',
          { 'f:spec': { 'f:minReadySeconds': {} } },
          { operation: 'Apply', time: '2026-02-01T00:00:00Z' },
        ),
        other,
        status,
      ],
      'app',
    );
    expect(after).toEqual([
      entry(
        'nodewave:app',
        { 'f:spec': { 'f:template': {}, 'f:minReadySeconds': {} } },
        { operation: 'Apply', time: '2026-02-01T00:00:00Z' },
      ),
      other,
      status,
    ]);
  });

  test('of edits by hand only the spec is taken; the mark of a restart is not', () => {
    const labels = { 'f:metadata': { 'f:labels': { 'f:team': {} } } };
    const restart = entry('kubectl-rollout', { 'f:spec': { 'f:template': {} } });
    const after = takeOver([entry('kubectl-edit', { ...labels, 'f:spec': { 'f:x': {} } }), restart], 'app');
    expect(after).toEqual([
      entry('nodewave:app', { 'f:spec': { 'f:x': {} } }, { operation: 'Apply' }),
      entry('kubectl-edit', labels),
      restart,
    ]);
  });

  test('there is nothing to take from the application itself', () => {
    expect(takeOver([entry('nodewave:app', { 'f:spec': {} }, { operation: 'Apply' }), status], 'app')).toBeNull();
    expect(takeOver([], 'app')).toBeNull();
    expect(takeOver([entry('kubectl-label', { 'f:metadata': {} })], 'app')).toBeNull();
  });

  test("the application's own update becomes part of its apply", () => {
    const after = takeOver(
      [
        entry('nodewave:app', { 'f:spec': { 'f:a': {} } }, { operation: 'Apply' }),
        entry('nodewave:app', { 'f:spec': { 'f:b': {} } }),
      ],
      'app',
    );
    expect(after).toEqual([entry('nodewave:app', { 'f:spec': { 'f:a': {}, 'f:b': {} } }, { operation: 'Apply' })]);
  });

  test('an entry of another API version stays', () => {
    const old = entry('kubectl-client-side-apply', { 'f:spec': {} }, { apiVersion: 'extensions/v1beta1' });
    expect(takeOver([entry('kubectl', { 'f:spec': {} }), old], 'app')).toContainEqual(old);
  });

  test('without managedFields only the spec and what kubectl last applied are taken', () => {
    const existing = entry('before-first-apply', {
      'f:spec': { 'f:x': {} },
      'f:metadata': { 'f:labels': { 'f:byOthers': {} } },
    });
    const stated = { 'f:metadata': { 'f:labels': { 'f:mine': {} } } };
    expect(takeOverUnowned(stated, existing, 'app')).toEqual([
      entry(
        'nodewave:app',
        { 'f:metadata': { 'f:labels': { 'f:mine': {} } }, 'f:spec': { 'f:x': {} } },
        { operation: 'Apply' },
      ),
    ]);
  });
});

describe('giveBack', () => {
  test('everything of the application goes to kubectl, beside what kubectl has', () => {
    const after = giveBack(
      [
        entry('nodewave:app', { 'f:spec': {} }, { operation: 'Apply' }),
        entry('nodewave:app', { 'f:metadata': {} }),
        entry('kubectl', { 'f:data': {} }, { operation: 'Apply' }),
        entry('nodewave:other', { 'f:x': {} }),
      ],
      'app',
    );
    expect(after).toEqual([
      entry('kubectl', { 'f:data': {}, 'f:spec': {}, 'f:metadata': {} }, { operation: 'Apply' }),
      entry('nodewave:other', { 'f:x': {} }),
    ]);
    expect(giveBack([entry('nodewave:other', {})], 'app')).toBeNull();
  });
});

describe('pruneTaken', () => {
  const taken = {
    'f:metadata': { 'f:labels': { '.': {}, 'f:a': {}, 'f:b': {} } },
    'f:spec': {
      'f:containers': {
        'k:{"name":"main"}': {
          '.': {},
          'f:image': {},
          'f:name': {},
          'f:env': { 'k:{"name":"OLD"}': { '.': {}, 'f:value': {} } },
        },
        'k:{"name":"side"}': { '.': {}, 'f:name': {}, 'f:image': {} },
      },
      'f:args': {},
    },
  };
  const live = {
    metadata: { labels: { a: '1', b: '2', c: 'by others' } },
    spec: {
      containers: [
        { name: 'main', image: '1', env: [{ name: 'OLD', value: '1' }], injected: true },
        { name: 'side', image: '1' },
        { name: 'foreign', image: '1' },
      ],
      args: ['x'],
    },
  };

  test('what git does not state goes, what others own or nobody owns stays', () => {
    const stated = { metadata: { labels: { a: '1' } }, spec: { containers: [{ name: 'main', image: '1' }] } };
    expect(pruneTaken(live, taken, stated, {})).toEqual({
      metadata: { labels: { a: '1', c: 'by others' } },
      spec: {
        containers: [
          { name: 'main', image: '1', injected: true },
          { name: 'foreign', image: '1' },
        ],
      },
    });
  });

  test('a field that somebody else owns as well stays', () => {
    const others = { 'f:spec': { 'f:args': {}, 'f:containers': { 'k:{"name":"side"}': { 'f:image': {} } } } };
    const pruned = pruneTaken(live, taken, { spec: { containers: [] } }, others) as {
      spec: { args: unknown; containers: unknown[] };
    };
    expect(pruned.spec.args).toEqual(['x']);
    expect(pruned.spec.containers).toContainEqual({ image: '1' });
  });

  test('members of a set are told apart by value', () => {
    const set = { 'f:finalizers': { 'v:"a"': {}, 'v:"b"': {} } };
    expect(pruneTaken({ finalizers: ['a', 'b', 'c'] }, set, { finalizers: ['a'] }, {})).toEqual({
      finalizers: ['a', 'c'],
    });
  });
});

test('who is kubectl', () => {
  expect(['kubectl', 'kubectl-edit', 'before-first-apply', 'helm', 'nodewave:app'].map(isKubectl)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

describe('takeTemplate', () => {
  const own = entry('nodewave:app', { 'f:spec': { 'f:template': { 'f:spec': {} } } }, { operation: 'Apply' });

  test('S30: what others own of the pod template goes to the application, the rest stays with them', () => {
    const restart = entry('kubectl', { 'f:spec': { 'f:template': { 'f:metadata': {} } } });
    const edit = entry('kubectl-edit', { 'f:metadata': {}, 'f:spec': { 'f:minReadySeconds': {}, 'f:template': {} } });
    const status = entry('kube-controller-manager', { 'f:status': {} }, { subresource: 'status' });
    expect(takeTemplate([restart, own, edit, status], 'app')).toEqual([
      { ...own, fieldsV1: { 'f:spec': { 'f:template': { '.': {}, 'f:metadata': {}, 'f:spec': {} } } } },
      { ...edit, fieldsV1: { 'f:metadata': {}, 'f:spec': { 'f:minReadySeconds': {} } } },
      status,
    ]);
  });

  test('nothing to take', () => {
    expect(takeTemplate([own], 'app')).toBeNull();
    expect(takeTemplate([entry('kubectl', { 'f:spec': { 'f:template': {} } })], 'app')).toBeNull();
  });
});
