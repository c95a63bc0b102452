import type { IntOrPercent, RolloutPolicy } from '../rollout/policy.ts';
import type { IgnoreRule } from './ignore.ts';
import type { HelmOptions, renderers } from './renderer.ts';
import type { VerifySource } from './verify.ts';

/** What git revision an application follows; exactly one of the four. */
export type GitRef = { branch: string } | { tag: string } | { semver: string } | { commit: string };

/** How manifests are produced from the files at `path`. */
export type Renderer = (typeof renderers)[number];

/** Where the manifests are. `repo` is a URL without credentials; `path` is a folder relative to the repository's root. */
export interface ApplicationSource extends VerifySource {
  repo: string;
  ref: GitRef;
  path: string;
  render: Renderer;
  /** Only for charts. */
  helm?: HelmOptions;
}

/** A DaemonSet that left git loses its pods batch by batch. */
export interface PruneInBatches {
  /** Pods of one batch; a percentage of those that there were when it began, rounded up, at least 1. */
  inBatches: IntOrPercent;
  /** How long the others are watched once a batch is gone, milliseconds. */
  pauseMs: number;
}

/** When and how git's state is brought to the cluster. */
export interface SyncPolicy {
  /** False: a new commit is noticed and shown, and rolls out only on `nodewave sync`. */
  auto: boolean;
  /** How often git is asked when no webhook arrives. */
  intervalMs: number;
  /** Whether, and how, DaemonSets that left git are deleted from the cluster. */
  prune: boolean | PruneInBatches;
  drift: 'detect' | 'correct';
  /** `force`: objects that another tool manages are taken over. */
  adopt?: 'force';
}

/**
 * A NodeApplication with every default filled in: one git source delivered to one cluster. Plain JSON, so that it can be
 * a workflow's argument.
 */
export interface ApplicationSpec {
  name: string;
  source: ApplicationSource;
  destination: { cluster: string; namespace: string };
  sync: SyncPolicy;
  rollout: RolloutPolicy;
  /** Fields that a sync leaves to whoever set them. */
  ignore?: IgnoreRule[];
  /** Where each field of `spec.rollout` was stated when it was applied, for `nodewave plan -o wide`; decides nothing. */
  origin?: SpecOrigin;
}

/** The file that an application was applied from, as it was named, and the line of every stated field of its policy. */
export interface SpecOrigin {
  file: string;
  lines: { [F in keyof RolloutPolicy]?: number };
}

/** "branch main", "tag v1", for sentences. */
export function describeRef(ref: GitRef): string {
  const [kind, value] = Object.entries(ref)[0] ?? ['ref', ''];
  return `${kind} ${value}`;
}
