import type { ApplicationSpec } from '../../domain/application/spec.ts';
import { describeErrors } from '../../domain/document-error.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { renderedDigest } from '../../domain/manifest/digests.ts';
import type { ManifestObject } from '../../domain/manifest/object.ts';
import { validateObjects } from '../../domain/manifest/validate.ts';
import type { RolloutPolicyDocument } from '../../domain/policy/rollout-policy.ts';
import type { GitStore } from '../git/store.ts';
import { createManifestSource, type ManifestSource } from './renderers.ts';

/** What one commit asks for. */
export interface Rendered {
  /** As written, with namespaces filled in; in the order of files and documents. */
  objects: ManifestObject[];
  /** What the path says about rollouts; not part of the digest, which is over what is applied. */
  policies: RolloutPolicyDocument[];
  renderedDigest: string;
  /** First line of the commit's message. */
  subject: string;
  /** Sentences for people about what is not applied. */
  warnings: string[];
}

const shownErrors = 10;

/** What rendering needs. */
export interface RenderDeps {
  git: GitStore;
  /** Where the programs are that render; without it only plain files can be read. */
  manifests?: ManifestSource;
}

/**
 * Reads, renders, parses and validates what `spec.source` holds at a full commit. The same commit, path and renderer always
 * give the same digest. Throws BadInput that lists up to 10 errors with file and line; nothing of such a commit may be applied.
 */
export async function renderCommit(
  deps: RenderDeps,
  spec: ApplicationSpec,
  commit: string,
  signal?: AbortSignal,
): Promise<Rendered> {
  const { repo, path } = spec.source;
  const { subject } = await deps.git.describe(repo, commit, signal);
  const notes = await deps.git.check(repo, commit, spec.source, signal);
  const { manifests = createManifestSource({ git: deps.git }) } = deps;
  const found = await manifests(spec, commit, signal);
  const validated = validateObjects(found.objects, { namespace: spec.destination.namespace });
  const errors = [...found.errors, ...validated.errors];
  const short = commit.slice(0, 8);
  if (errors.length > 0) {
    const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
    throw new NodewaveError(
      'BadInput',
      `commit ${short} has ${count}, nothing was applied:\n${describeErrors(errors, shownErrors)}`,
    );
  }
  if (validated.objects.length === 0) {
    const cure = 'add .yaml, .yml or .json files, or correct spec.source.path';
    throw new NodewaveError('BadInput', `no manifests found in ${path} at ${short}; ${cure}`);
  }
  const { objects, policies } = validated;
  const warnings = [...notes, ...found.warnings, ...validated.warnings];
  return { objects, policies, renderedDigest: renderedDigest(objects), subject, warnings };
}
