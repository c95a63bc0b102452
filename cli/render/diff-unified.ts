import { daemonSetLabel } from '../../domain/ids.ts';
import { shortCommit } from '../../domain/markdown.ts';
import type { ObjectPatch, Preview } from '../../domain/sync.ts';

/** `nodewave diff -o diff`: every changed object as YAML in a unified diff; secrets are masked on both sides. */
export function unifiedDiff(preview: Preview): string[] {
  const { objects, patches = [], plan, truncated } = preview;
  const lines = patches.flatMap((patch) => {
    const isNew = objects.some((object) => object.action === 'create' && isOf(patch, object));
    const label = nameOf(patch);
    return [
      `--- ${isNew ? '/dev/null' : `cluster/${label}`}`,
      `+++ ${shortCommit(plan.commit)}/${label}`,
      ...patch.patch.replace(/\n$/, '').split('\n'),
    ];
  });
  return truncated ? [...lines, '# some objects were left out here because there are too many'] : lines;
}

function isOf(patch: ObjectPatch, { kind, apiVersion, namespace, name }: Omit<ObjectPatch, 'patch'>): boolean {
  return patch.kind === kind && patch.apiVersion === apiVersion && patch.namespace === namespace && patch.name === name;
}

function nameOf({ kind, namespace, name }: ObjectPatch): string {
  return `${kind}/${namespace === undefined ? name : daemonSetLabel({ namespace, name })}`;
}
