import type { NodewaveClient } from '../../../client/index.ts';
import type { Ending } from '../../support/cluster-rules.ts';
import type { TestRepo } from '../../support/repo.ts';
import { insist } from './cluster-faults.ts';
import { type Behaviour, versionYaml } from './manifest.ts';
import { randomCluster } from './stack.ts';

/** One version that was pushed. */
export interface Version {
  image: string;
  behaviour: Behaviour;
  commit: string;
  pushedMs: number;
}

/** How a version ended, and why. */
export interface VersionEnding extends Ending {
  version: Version;
  cause: string | null;
}

/** Pushes versions and learns what became of them from the application's status, as a person would. */
export class Commits {
  readonly versions: Version[] = [];
  readonly endings: VersionEnding[] = [];
  readonly #client: NodewaveClient;
  readonly #repo: TestRepo;
  readonly #application: string;
  readonly #daemonSet: string;

  constructor(client: NodewaveClient, repo: TestRepo, application: string, daemonSet: string) {
    this.#client = client;
    this.#repo = repo;
    this.#application = application;
    this.#daemonSet = daemonSet;
  }

  async push(behaviour: Behaviour): Promise<Version> {
    const image = `agent:v${this.versions.length}`;
    const files = { 'agent.yaml': versionYaml(this.#daemonSet, image, behaviour) };
    const version: Version = { image, behaviour, commit: '', pushedMs: Date.now() };
    this.versions.push(version);
    version.commit = await this.#repo.push(files, `Ship ${image} (${behaviour})`);
    const hint = { deliveryId: version.commit, source: 'cli', refs: ['refs/heads/main'] };
    await insist(() => this.#client.changed(this.#application, hint), 'Temporal to take the hint of a push');
    return version;
  }

  endingOf(version: Version): VersionEnding | undefined {
    return this.endings.find((ending) => ending.version === version);
  }

  /** Asks once; what cannot be asked now is asked again. */
  async look(): Promise<void> {
    const { recent } = await this.#client.applicationStatus(this.#application);
    for (const { commit, outcome, cause, atMs } of [...recent].reverse()) {
      // A version that is being pushed has no commit yet, nor has an outcome of a branch that could not be read.
      const version = this.versions.find((one) => one.commit !== '' && one.commit === commit);
      if (version === undefined || this.endingOf(version) !== undefined) continue;
      this.endings.push({ version, image: version.image, outcome, cause, atMs });
    }
  }

  /** What the application and its rollout say now, for a run that waits in vain. */
  async sentence(): Promise<string> {
    const application = await this.#client.applicationStatus(this.#application);
    const ref = { cluster: randomCluster, namespace: this.#application, name: this.#daemonSet };
    const rollout = await this.#client.rolloutStatus(ref).catch((error: unknown) => String(error));
    return `${application.phase}: ${application.sentence} ${JSON.stringify(rollout).slice(0, 4_000)}`;
  }
}

/** Why an ending is wrong; null when it is right. */
export function wrongEnding(ending: VersionEnding, versions: readonly Version[]): string | null {
  const { version, outcome, cause } = ending;
  const crashes = version.behaviour.startsWith('crash');
  const newer = versions.some((other) => other.pushedMs > version.pushedMs && other.pushedMs < ending.atMs);
  const right =
    (outcome === 'installed' && versions[0] === version) ||
    (outcome === 'succeeded' && !crashes) ||
    (outcome === 'rolledBack' && crashes) ||
    (outcome === 'superseded' && newer);
  return right ? null : `${version.image} (${version.behaviour}) ended as ${outcome}: ${cause ?? 'no cause'}`;
}
