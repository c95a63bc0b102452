import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Case } from './gallery/case.ts';

/** A wording as it stands in a source, which gives its words in the form of a format string, e.g. `%s probe failed: %s`. */
export interface Wording {
  cause: string;
  /** Go module, version and file; `go/` and a file of its library; the address of a thread; or a program and how it was run. */
  place: string;
  says: string;
}

/** All of wordings.tsv: each line was read at its place. */
export function wordings(): Wording[] {
  const text = readFileSync(join(import.meta.dirname, 'wordings.tsv'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [cause = '', place = '', says = ''] = line.split('\t');
      return { cause, place, says };
    });
}

/** What takes the place of a value in a format string. */
const verb = /%[+#]?[sqvdw]/g;

/** Whether a text could have been made from a wording. */
export function madeFrom({ says }: Wording, text: string): boolean {
  const parts = says.replaceAll('\\n', '\n').split(verb);
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(escaped.join('[^]{0,400}?')).test(text);
}

/** Every text of a case. */
export function textsOf(one: Case): string[] {
  const node = (one.node ?? []).flatMap(([, , reason, message]) => [reason, message]);
  const lists = [one.waiting, one.ended?.slice(1), one.pod?.slice(1), node, one.refusals, one.log, [one.unschedulable]];
  return [...(one.events ?? []).flat(), ...lists.flatMap((list) => list ?? [])].filter(
    (text): text is string => typeof text === 'string',
  );
}

/** The file in which a wording stands, when the module is on this machine, as it is where the stack was built; else null. */
export function fileOf({ place }: Wording): string | null {
  if (!/^(?:k8s\.io|github\.com|gopkg\.in)\/\S+@v/.test(place)) return null;
  const modules = process.env.GOMODCACHE ?? join(process.env.GOPATH ?? join(homedir(), 'go'), 'pkg', 'mod');
  const path = join(
    modules,
    place.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`),
  );
  return existsSync(path) ? path : null;
}
