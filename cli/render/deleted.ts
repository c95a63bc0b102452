import { indented, plain } from './text.ts';

/** What `nodewave delete` says: what is gone, what stays. `notes` are one sentence per DaemonSet that was given back. */
export function deletedLines(name: string, removed: boolean, notes: readonly string[]): string[] {
  return [
    removed
      ? `application ${name} is deleted; every object that it applied stays on the cluster, and the DaemonSets run on`
      : `application ${name} is being deleted: its DaemonSets are still being given back; see "nodewave get ${name}"`,
    ...indented(notes.map(plain)),
  ];
}
