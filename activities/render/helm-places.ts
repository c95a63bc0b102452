import type { ParsedManifest } from '../../domain/manifest/parse.ts';
import { at, isPlainObject } from '../../domain/plain.ts';

/**
 * What each line of the output of `helm template` came from. Helm writes `# Source: CHART/PATH` after the `---` that begins
 * a document.
 */
export function helmPlaces(output: string, chart: string, folder: string): (line: number) => string {
  const lines: number[] = [];
  const places: string[] = [];
  let begins = true;
  output.split('\n').forEach((text, index) => {
    const source = begins ? /^# Source: (.+)$/.exec(text)?.[1] : undefined;
    if (source !== undefined) {
      lines.push(index);
      const inside = source.startsWith(`${chart}/`) ? source.slice(chart.length + 1) : source;
      places.push(`${folder === '.' ? '' : `${folder}/`}${inside} (rendered by helm)`);
    }
    begins = text === '---';
  });
  return (line) => {
    const index = lines.findLastIndex((first) => first <= line);
    return places[index] ?? `${folder} (rendered by helm)`;
  };
}

const tests = /^test(-success|-failure)?$/;

/**
 * Takes away what Helm runs at moments of its own: applied like the rest, a hook would run at the wrong time. Each is told;
 * tests are not, as an install does not run them either.
 */
export function withoutHooks(objects: readonly ParsedManifest[]): { objects: ParsedManifest[]; warnings: string[] } {
  const kept: ParsedManifest[] = [];
  const warnings: string[] = [];
  for (const object of objects) {
    const annotations = at(object.body, 'metadata', 'annotations');
    const hook = isPlainObject(annotations) ? annotations['helm.sh/hook'] : undefined;
    if (typeof hook !== 'string') kept.push(object);
    else if (!hook.split(',').every((event) => tests.test(event.trim()))) {
      const { kind, metadata } = object.body;
      const name = `${String(kind)} ${String(at(metadata, 'name'))}`;
      const what = `${name} is a hook of Helm (${hook}), which is not run`;
      warnings.push(
        `${object.source.file}:${object.source.line}: ${what}; run what it does by other means, or turn it off`,
      );
    }
  }
  return { objects: kept, warnings };
}
