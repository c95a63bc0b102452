import { describe, expect, test } from 'vitest';
import {
  admit,
  type InterlockTable,
  interlockPlace,
  ownNodes,
  parseTable,
  type Reservation,
  sweepGraceMs,
  swept,
  tableData,
  wayBlocked,
  without,
} from '../../domain/interlock.ts';

const nowMs = 1_900_000_000_000;
const rollout = (name: string, started = 1) => ({ workflowId: `rollout:prod:agents/${name}`, rollout: started });
const log = rollout('log');
const cni = rollout('cni');

/** `log: n1 n2, cni: n3` as a table; all entries are an hour old. */
function table(entries: Record<string, string[]>, ageMs = 3_600_000): InterlockTable {
  const all = Object.entries(entries).flatMap(([name, nodes]) =>
    nodes.map((node): [string, Reservation] => [`uid-${node}`, { node, ...rollout(name), atMs: nowMs - ageMs }]),
  );
  return new Map(all);
}
const wish = (...nodes: string[]) => nodes.map((node) => ({ node, nodeUid: `uid-${node}` }));
const names = (uids: Iterable<string>) => [...uids].map((uid) => uid.slice(4));

describe('S35: who may take which node', () => {
  test.each<[string, Record<string, string[]>, string[], number | null, string[], boolean]>([
    ['nobody has any', {}, ['n1', 'n2'], null, ['n1', 'n2'], true],
    ['another has one of them', { cni: ['n1'] }, ['n1', 'n2'], null, ['n2'], true],
    ['another has all of them', { cni: ['n1', 'n2'] }, ['n1', 'n2'], null, [], false],
    ['its own stay its own', { log: ['n1'], cni: ['n2'] }, ['n1', 'n2'], null, ['n1'], false],
    ['the cap is over all rollouts', { cni: ['n9'] }, ['n1', 'n2', 'n3'], 3, ['n1', 'n2'], true],
    ['the wanted order decides within the cap', { cni: ['n9'] }, ['n3', 'n1'], 2, ['n3'], true],
    ['at the cap its own stay admitted', { log: ['n1'], cni: ['n9'] }, ['n1', 'n2'], 2, ['n1'], false],
    ['above the cap, lowered meanwhile, too', { log: ['n1', 'n2'], cni: ['n9'] }, ['n1', 'n3'], 1, ['n1'], false],
    ['nothing is wanted', { cni: ['n9'] }, [], 1, [], false],
  ])('%s', (_name, held, wanted, cap, expected, changed) => {
    const before = table(held);
    const decision = admit(before, log, wish(...wanted), cap, nowMs);
    expect(names(decision.admitted)).toEqual(expected);
    expect(decision.changed).toBe(changed);
    expect(before).toEqual(table(held));
    for (const uid of decision.admitted) expect(decision.table.get(uid)).toMatchObject(log);
    for (const [uid, holder] of before)
      if (holder.workflowId !== log.workflowId) expect(decision.table.get(uid)).toBe(holder);
    // Asking again changes nothing.
    const again = admit(decision.table, log, wish(...wanted), cap, nowMs);
    expect(again).toMatchObject({ admitted: decision.admitted, changed: false });
  });

  test('a later rollout of the DaemonSet takes over what an older one left, never the other way round', () => {
    const later = rollout('log', 2);
    const taken = admit(table({ log: ['n1'] }), later, wish('n1'), null, nowMs);
    expect(taken.table.get('uid-n1')).toMatchObject(later);
    expect(names(admit(taken.table, log, wish('n1'), null, nowMs).admitted)).toEqual([]);
    expect(ownNodes(taken.table, log)).toEqual([]);
    expect(without(taken.table, log, new Set(['uid-n1']))).toEqual(taken.table);
  });

  test('two rollouts that ask in turn never have a node in common, nor more than the cap', () => {
    const all = Array.from({ length: 6 }, (_, at) => `n${at}`);
    for (const cap of [null, 1, 2, 5]) {
      let state: InterlockTable = new Map();
      for (let round = 0; round < 40; round++) {
        const asker = round % 2 === 0 ? log : cni;
        const wanted = all.filter((_, at) => (at * 7 + round * 3) % 4 < 2);
        const { admitted, table: next } = admit(state, asker, wish(...wanted), cap, nowMs);
        expect(next.size).toBeLessThanOrEqual(cap ?? all.length);
        for (const uid of admitted) expect(next.get(uid)?.workflowId).toBe(asker.workflowId);
        state = round % 3 === 0 ? without(next, asker, new Set(ownNodes(next, asker).slice(0, 1))) : next;
      }
    }
  });

  test('what is freed is only what the asker has', () => {
    const held = table({ log: ['n1', 'n2'], cni: ['n3'] });
    const all = new Set(['uid-n1', 'uid-n3']);
    expect(names(without(held, log, all).keys())).toEqual(['n2', 'n3']);
    expect(names(ownNodes(held, log))).toEqual(['n1', 'n2']);
  });
});

describe('what nobody gives back', () => {
  const everywhere = new Set(['uid-n1', 'uid-n2', 'uid-n3']);
  const over = new Set(['uid-n3']);
  test.each<[string, number, Set<string>, string[]]>([
    ['of a rollout that runs no more', 3_600_000, everywhere, ['n1', 'n2']],
    ['but not at once: its pod may be on its way back', sweepGraceMs - 1, everywhere, ['n1', 'n2', 'n3']],
    ['from that moment on', sweepGraceMs, everywhere, ['n1', 'n2']],
    ['of a node that is gone', 60_000, new Set(['uid-n1', 'uid-n3']), ['n1']],
    ['but not at once: a view may be old', 59_999, new Set(['uid-n1', 'uid-n3']), ['n1', 'n2']],
  ])('%s', (_name, ageMs, present, left) => {
    expect(names(swept(table({ log: ['n1', 'n2'], cni: ['n3'] }, ageMs), over, present, nowMs).keys())).toEqual(left);
  });
});

describe('the sentence', () => {
  const said = (held: Record<string, string[]>, wanted: string[], cap: number | null) =>
    wayBlocked(admit(table(held), log, wish(...wanted), cap, nowMs), cap);
  test.each<[Record<string, string[]>, string[], number | null, string | null]>([
    [{}, ['n1'], 1, null],
    [{ cni: ['n1'] }, ['n1'], null, 'rollout agents/cni has n1 out; no node is out for two rollouts at once'],
    [
      { cni: ['n1', 'n2', 'n3', 'n4', 'n5'] },
      ['n9'],
      5,
      'rollout agents/cni has n1, n2, n3 and 2 more out, and at most 5 nodes may be out in this cluster; no node is out for two rollouts at once',
    ],
    [{ log: ['n1'] }, ['n2'], 1, 'as many nodes as may be out in this cluster (1) are out for this rollout'],
    [
      { a: ['n1'], b: ['n2'], c: ['n3'], d: ['n4'] },
      ['n1', 'n2', 'n3', 'n4'],
      null,
      'rollout agents/a has n1 out, rollout agents/b has n2 out, rollout agents/c has n3 out, 1 more rollouts have others; no node is out for two rollouts at once',
    ],
  ])('%j, %j, cap %s', (held, wanted, cap, sentence) => {
    expect(said(held, wanted, cap)).toBe(sentence);
  });
});

describe('the ConfigMap', () => {
  test('is read as it was written', () => {
    const held = table({ log: ['n1', 'n2'], cni: ['n3'] });
    expect(parseTable(tableData(held), interlockPlace)).toEqual(held);
    expect(parseTable({}, interlockPlace).size).toBe(0);
  });

  test.each(['', '{}', 'null', '[]', '{"workflowId":"rollout:prod:a/b"}', '{"workflowId":1,"rollout":2}', 'x'])(
    'entry %j cannot be read: no guess, but a sentence with the cure',
    (text) => {
      expect(() => parseTable({ 'uid-n1': text }, interlockPlace)).toThrow(
        'entry "uid-n1" of ConfigMap nodewave/nodewave-interlock cannot be read',
      );
    },
  );
});
