import type { ApplicationState } from './state.ts';

/**
 * Why `configure` refuses a spec; null when it is accepted. A file is parsed before it is sent, with precise errors; this
 * keeps a hand-written message from putting a spec into the workflow that its own code would stumble over.
 */
export function refuseSpec(state: Pick<ApplicationState, 'name' | 'spec'>, spec: unknown): string | null {
  const problem = findProblem(state.name, spec);
  if (problem)
    return `The spec is not complete: ${problem}. Run "nodewave apply -f FILE", which fills in every default.`;
  const cluster = read(spec, ['destination', 'cluster']);
  if (state.spec && state.spec.destination.cluster !== cluster) {
    return `Application ${state.name} is on cluster ${state.spec.destination.cluster} and cannot move to ${cluster}: run "nodewave delete ${state.name}" first, or use another name.`;
  }
  return null;
}

const texts = [
  ['source', 'repo'],
  ['source', 'path'],
  ['source', 'render'],
  ['destination', 'cluster'],
  ['destination', 'namespace'],
] as const;

/** Fields that specs of before them do not have. */
const lists = ['maxUnavailablePer', 'windows', 'hooks', 'gates'] as const;

function findProblem(name: string, spec: unknown): string | null {
  if (typeof spec !== 'object' || spec === null) return '"spec" is missing';
  if (read(spec, ['name']) !== name) return `"spec.name" must be ${name}, the name of this workflow`;
  for (const path of texts) {
    if (typeof read(spec, path) !== 'string') return `"spec.${path.join('.')}" must be a text`;
  }
  const ref = read(spec, ['source', 'ref']);
  const kinds = typeof ref === 'object' && ref !== null ? Object.entries(ref) : [];
  const [kind, value] = kinds[0] ?? ['', ''];
  if (kinds.length !== 1 || !['branch', 'tag', 'semver', 'commit'].includes(kind) || typeof value !== 'string') {
    return '"spec.source.ref" must have one of branch, tag, semver, commit';
  }
  const verify = read(spec, ['source', 'verify']);
  if (verify !== undefined && verify !== 'require' && verify !== 'warn')
    return '"spec.source.verify" must be require or warn';
  const trustedKeys = read(spec, ['source', 'trustedKeys']);
  if (trustedKeys !== undefined && !(Array.isArray(trustedKeys) && trustedKeys.every((key) => typeof key === 'string')))
    return '"spec.source.trustedKeys" must be a list of names';
  const intervalMs = read(spec, ['sync', 'intervalMs']);
  if (typeof intervalMs !== 'number' || !(intervalMs > 0)) return '"spec.sync.intervalMs" must be a positive number';
  if (typeof read(spec, ['sync', 'auto']) !== 'boolean') return '"spec.sync.auto" must be true or false';
  const prune = read(spec, ['sync', 'prune']);
  if (typeof prune === 'object' && typeof read(prune, ['pauseMs']) !== 'number') {
    return '"spec.sync.prune" must be true, false or have inBatches and pauseMs';
  }
  const batches = read(spec, ['rollout', 'batches']);
  if (!Array.isArray(batches) || batches.length === 0) return '"spec.rollout.batches" must have at least one batch';
  const ignore = read(spec, ['ignore']);
  if (ignore !== undefined && !Array.isArray(ignore)) return '"spec.ignore" must be a list';
  for (const name of lists) {
    const given = read(spec, ['rollout', name]);
    if (given !== undefined && !Array.isArray(given)) return `"spec.rollout.${name}" must be a list`;
  }
  return null;
}

function read(from: unknown, path: readonly string[]): unknown {
  let value: unknown = from;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
