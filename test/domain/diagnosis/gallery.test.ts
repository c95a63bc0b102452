import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import { rules } from '../../../domain/diagnosis/registry.ts';
import type { Diagnosis } from '../../../domain/diagnosis/types.ts';
import { exhibits } from '../../long/gallery.ts';
import { gallery } from './gallery/all.ts';
import { type Case, evidenceOf } from './gallery/case.ts';
import { unknownCases } from './gallery/unknown.ts';
import { confusionMatrix, shuffled } from './matrix.ts';
import { fileOf, madeFrom, textsOf, type Wording, wordings } from './wordings.ts';

const seed = Number(process.env.NODEWAVE_SEED ?? 20_260_115);

/** What every pod has beside what is wrong with it. */
const routine: [string, string][] = [
  ['Started', 'Started container agent'],
  ['Created', 'Created container: agent'],
  ['Pulling', 'Pulling image "registry.example/agent:2.0"'],
  ['Scheduled', 'Successfully assigned monitoring/agent-x7k2p to node-1'],
];

function first(one: Case): Diagnosis {
  const [diagnosis] = diagnose(evidenceOf(one));
  if (diagnosis === undefined) throw new Error('a diagnosis is never empty');
  return diagnosis;
}

const labelled = (cases: readonly Case[]) => cases.map((one) => [`${one.cause}: ${one.source}`, one] as const);

describe('the gallery', () => {
  test.each(labelled(gallery))('%s', (_, one) => {
    expect(first(one).cause).toBe(one.cause);
  });

  test('has two wordings of each cause, each with its source', () => {
    const sources = (cause: string) =>
      new Set(gallery.filter((one) => one.cause === cause).map(({ source }) => source));
    expect(rules.filter(({ cause }) => sources(cause).size < 2).map(({ cause }) => cause)).toEqual([]);
    expect([...gallery, ...unknownCases].filter(({ source }) => source.length < 10)).toEqual([]);
  });

  test('knows no other causes than the registry', () => {
    const known = new Set(rules.map(({ cause }) => cause));
    expect(gallery.filter(({ cause }) => !known.has(cause))).toEqual([]);
    expect(known.size).toBe(rules.length);
  });

  test(`shuffled (NODEWAVE_SEED=${seed}), among what every pod has: the right cause comes first, and none that is wrong is sure`, () => {
    const cases = shuffled([...gallery, ...unknownCases], seed).map((one) => ({
      ...one,
      events: shuffled([...(one.events ?? []), ...routine], seed),
    }));
    const results = cases.map((one) => ({ expected: one.cause, found: diagnose(evidenceOf(one)) }));
    const { text, wrong } = confusionMatrix(results.map(({ expected, found }) => [expected, found[0]?.cause ?? '']));
    process.stdout.write(`${text}\n`);
    expect(wrong).toEqual([]);
    const sureAndWrong = results.flatMap(({ expected, found }) =>
      found
        .filter(({ cause, confidence }) => cause !== expected && confidence === 'high')
        .map(({ cause }) => `${expected}: ${cause}`),
    );
    expect(sureAndWrong).toEqual([]);
  });

  test('no finding is surer than its row says', () => {
    const order = { low: 0, medium: 1, high: 2 };
    const best = new Map(rules.map((rule) => [rule.cause, order[rule.best]]));
    const found = gallery.flatMap((one) => diagnose(evidenceOf(one)));
    expect(found.filter(({ cause, confidence }) => order[confidence] > (best.get(cause) ?? 0))).toEqual([]);
    const reached = new Set(
      found.filter(({ cause, confidence }) => order[confidence] === best.get(cause)).map(({ cause }) => cause),
    );
    expect(rules.filter(({ cause }) => !reached.has(cause)).map(({ cause }) => cause)).toEqual([]);
  });
});

describe('what no rule knows', () => {
  test.each(unknownCases.map((one, index) => [index, one] as const))(
    'text %i is unknown, with its evidence',
    (_, one) => {
      const diagnosis = first(one);
      expect(diagnosis).toMatchObject({ cause: 'unknown', confidence: 'low' });
      const bad = one.events?.find(([reason]) => !['Pulled', 'Started', 'Killing'].includes(reason))?.[1];
      if (bad !== undefined) expect(diagnosis.evidence.join('\n')).toContain(bad);
      if (one.log !== undefined) expect(diagnosis.evidence.join('\n')).toContain(one.log.at(-1));
    },
  );
});

describe('the wordings', () => {
  const all = wordings();
  const foundFor = (one: Case): Wording | undefined =>
    all.find((wording) => wording.cause === one.cause && textsOf(one).some((text) => madeFrom(wording, text)));

  test('two of each cause were compared with a source; the others are counted as unverified', () => {
    const unverified = gallery.filter((one) => foundFor(one) === undefined);
    const compared = (cause: string) =>
      gallery.filter((one) => one.cause === cause && foundFor(one) !== undefined).length;
    const list = unverified.map(({ cause, source }) => `  ${cause}: ${source}`);
    process.stdout.write(
      `${gallery.length} wordings, ${gallery.length - list.length} compared with their source, ${list.length} unverified:\n${list.join('\n')}\n`,
    );
    expect(rules.filter(({ cause }) => compared(cause) < 2).map(({ cause }) => cause)).toEqual([]);
  });

  test('each that was read somewhere is in the gallery', () => {
    const shown = (wording: Wording) =>
      gallery.some((one) => one.cause === wording.cause && textsOf(one).some((text) => madeFrom(wording, text)));
    expect(all.filter((wording) => !shown(wording))).toEqual([]);
    expect(all.filter(({ place, says }) => place.length < 8 || says.replace(/%\w/g, '').length < 9)).toEqual([]);
  });

  const here = all.filter((wording) => fileOf(wording) !== null);
  test.skipIf(here.length === 0)(`${here.length} of them stand in the modules that the stack was built from`, () => {
    const missing = here.filter((wording) => {
      const source = readFileSync(fileOf(wording) ?? '', 'utf8');
      return ![wording.says, wording.says.replaceAll('"', '\\"')].some((says) => source.includes(says));
    });
    expect(missing).toEqual([]);
  });

  test('what examples/failures has simulated kubelets say is from the source that its first line names', () => {
    const wrong = exhibits().flatMap(({ name, cause, stages, log }) => {
      if (stages === null) return [];
      const quoted = [...stages.matchAll(/(?:message: '((?:[^']|'')*)'|reason: (\w+))/g)];
      const texts = quoted.map(([, message, reason]) => message?.replaceAll("''", "'") ?? reason ?? '');
      texts.push(...(log ?? '').replaceAll('\\"', '"').split('\n'));
      const places = [...stages.matchAll(/^# Wording: (.+)$/gm)].map(([, place]) => place);
      const said = all.filter((one) => one.cause === cause && texts.some((text) => madeFrom(one, text)));
      return said.some(({ place }) => places.includes(place)) ? [] : [`${name}: ${places.join(', ') || 'no source'}`];
    });
    expect(wrong).toEqual([]);
  });
});
