import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { createTemporalActivities } from '../../../activities/temporal/describe.ts';
import { waitFor } from '../../../dev/stack/wait.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import { applicationWorkflowId, clusterTaskQueue, rolloutWorkflowId, workflowTaskQueue } from '../../../domain/ids.ts';
import type { DaemonSetSync } from '../../../domain/sync.ts';
import type { Accepted, ApplicationStatus, Changed } from '../../../domain/wire.ts';
import { startTemporal, type TestTemporal } from '../../support/temporal.ts';
import type { Finish, Seen } from './fake-rollout.ts';
import { World, worldActivities } from './world.ts';

/** Temporal, workers and the worlds of a test file. */
export interface Harness {
  temporal: TestTemporal;
  worlds: Map<string, World>;
  /** Replays every history, then stops all. */
  stop(): Promise<void>;
}

const cluster = 'test';
const namespace = 'monitoring';

/** Starts a server of this file's own, a worker for workflows and git, and one for the cluster's activities. */
export async function startHarness(extraArgs: string[] = []): Promise<Harness> {
  const temporal = await startTemporal({ extraArgs });
  const worlds = new Map<string, World>();
  const activities = worldActivities((repo) => {
    const world = worlds.get(repo);
    if (!world) throw new Error(`there is no world for ${repo}`);
    return world;
  });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./fake-rollout.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const connection = temporal.env.nativeConnection;
  const workers = [
    await Worker.create({
      connection,
      workflowBundle,
      taskQueue: workflowTaskQueue,
      activities: { ...activities, ...createTemporalActivities({ client: temporal.env.client, lookEveryMs: 500 }) },
    }),
    await Worker.create({ connection, taskQueue: clusterTaskQueue(cluster), activities }),
  ];
  const running = workers.map((worker) => worker.run());
  const stop = async () => {
    await replayAll(temporal, workflowBundle);
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    await temporal.stop();
  };
  return { temporal, worlds, stop };
}

/** Replays every history of this server: whatever a test made the workflow do must be deterministic. */
async function replayAll(temporal: TestTemporal, workflowBundle: { code: string }): Promise<void> {
  const histories = temporal.env.client.workflow.list({ query: 'WorkflowType = "application"' }).intoHistories();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    if (error) throw new Error(`${workflowId} does not replay`, { cause: error });
  }
}

/** A DaemonSet of a plan; the template's digest is its quarantine key as well. */
export function daemonSet(
  name: string,
  template: string,
  verdict: DaemonSetSync['verdict'] = 'rollout',
  more: Partial<DaemonSetSync> = {},
): DaemonSetSync {
  const digests = { templateDigest: template, quarantineKey: `key-${template}` };
  return { namespace, name, verdict, adopt: false, maxUnavailable: null, ...digests, ...more };
}

/** Full commit from one letter or digit, e.g. `commit('1')`. */
export const commit = (digit: string): string => digit.repeat(40);

/** A complete spec; polls seldom, so that a test's own signals decide what happens. */
export function makeSpec(name: string, sync: Partial<ApplicationSpec['sync']> = {}): ApplicationSpec {
  return {
    name,
    source: { repo: `https://git.example.com/${name}.git`, ref: { branch: 'main' }, path: '.', render: 'auto' },
    destination: { cluster, namespace },
    sync: { auto: true, intervalMs: 3_600_000, prune: false, drift: 'correct', ...sync },
    rollout: {
      batches: [{ name: 'all', nodes: '100%', soakMs: 0 }],
      maxUnavailable: null,
      readyWithinMs: 300_000,
      maxRestarts: 2,
      onFailure: 'rollback',
      promoteAfter: 'last',
    },
  };
}

/** One application under test: what a person, a webhook and its rollouts can do to it. */
export class TestApplication {
  readonly name: string;
  readonly world: World;
  readonly spec: ApplicationSpec;
  readonly handle: WorkflowHandle;
  readonly #harness: Harness;
  #deliveries = 0;

  constructor(harness: Harness, name: string, sync?: Partial<ApplicationSpec['sync']>) {
    this.#harness = harness;
    this.name = name;
    this.spec = makeSpec(name, sync);
    this.world = new World(cluster);
    harness.worlds.set(this.spec.source.repo, this.world);
    this.handle = this.#client.getHandle(applicationWorkflowId(name));
  }

  get #client() {
    return this.#harness.temporal.env.client.workflow;
  }

  /** Starts the workflow, by default with its spec. */
  async start(spec: ApplicationSpec | null = this.spec): Promise<this> {
    await this.#client.start('application', {
      workflowId: applicationWorkflowId(this.name),
      taskQueue: workflowTaskQueue,
      args: [{ v: 1, name: this.name, spec }],
    });
    return this;
  }

  /** Signals that git changed, as a webhook does. */
  async changed(signal: Partial<Changed> = {}): Promise<void> {
    this.#deliveries += 1;
    const deliveryId = `${this.name}-${this.#deliveries}`;
    await this.handle.signal('changed', { deliveryId, source: 'webhook/test', refs: [], ...signal });
  }

  /** Sends an update as a person; a refusal is thrown as an error with the refusal's sentence. */
  async update(name: string, input?: unknown): Promise<Accepted> {
    try {
      return await (input === undefined
        ? this.handle.executeUpdate<Accepted, []>(name)
        : this.handle.executeUpdate<Accepted, [unknown]>(name, { args: [input] }));
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      throw cause instanceof Error ? cause : error;
    }
  }

  status(): Promise<ApplicationStatus> {
    return this.handle.query<ApplicationStatus>('status');
  }

  /** Waits until the status is as described. */
  async until(
    what: string,
    check: (status: ApplicationStatus) => boolean,
    timeoutMs = 20_000,
  ): Promise<ApplicationStatus> {
    let last: ApplicationStatus | undefined;
    const look = async () => {
      last = await this.status();
      return check(last) && last;
    };
    try {
      return await waitFor(look, { timeoutMs, everyMs: 50, what: `${this.name}: ${what}` });
    } catch (error) {
      throw new Error(`${String(error)}; last seen: ${JSON.stringify(last)}`, { cause: error });
    }
  }

  /** Waits for the newest recorded outcome of a commit. */
  async outcome(of: string, outcome: string): Promise<ApplicationStatus> {
    return await this.until(`${of.slice(0, 4)} ${outcome}`, ({ recent }) =>
      recent.some((one) => one.commit === of && one.outcome === outcome),
    );
  }

  /** Waits until the rollout of a DaemonSet runs to a commit; then it can be ended. */
  async rollout(daemonset: string, to: string): Promise<TestRollout> {
    const id = rolloutWorkflowId({ cluster, namespace, name: daemonset });
    const rollout = new TestRollout(this.#client.getHandle(id));
    await waitFor(async () => (await rollout.running()) && (await rollout.seen()).input.commit === to, {
      timeoutMs: 20_000,
      everyMs: 50,
      what: `the rollout of ${daemonset} to ${to.slice(0, 4)}`,
    });
    return rollout;
  }
}

/** A fake rollout that runs. */
export class TestRollout {
  readonly handle: WorkflowHandle;

  constructor(handle: WorkflowHandle) {
    this.handle = handle;
  }

  async running(): Promise<boolean> {
    return (await this.handle.describe()).status.name === 'RUNNING';
  }

  seen(): Promise<Seen> {
    return this.handle.query<Seen>('seen');
  }

  async finish(outcome: Finish['outcome'], cause: string | null = null, silent = false): Promise<void> {
    await this.handle.signal('finish', { outcome, cause, silent });
  }
}
