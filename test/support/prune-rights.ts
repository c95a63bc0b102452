import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '..', '..', 'deploy', 'rbac-extra.yaml');

/** The optional role nodewave-prune of deploy/rbac-extra.yaml with its binding, for another service account. */
export function pruneRights(account: string): string {
  const parts = readFileSync(file, 'utf8').split(/^---$/m);
  return parts
    .filter((part) => part.includes('name: nodewave-prune'))
    .join('---\n')
    .replaceAll('nodewave', account);
}
