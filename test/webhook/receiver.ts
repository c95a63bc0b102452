import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientError, type ListedApplication } from '../../client/index.ts';
import type { Changed, Report } from '../../domain/wire.ts';
import { listen } from '../../worker/http-server.ts';
import { createLogger } from '../../worker/log/logger.ts';
import { createMetrics, type Metrics } from '../../worker/metrics.ts';
import type { ReceiverConfig } from '../../worker/receivers-file.ts';
import { createWebhookServer } from '../../worker/webhook/server.ts';

/** A webhook server whose Temporal is a list: what was told is seen, and it can be switched off. */
export interface TestReceiver {
  url: string;
  metrics: Metrics;
  applications: ListedApplication[];
  told: { application: string; changed: Changed }[];
  reported: { application: string; report: Report }[];
  /** What happens when this application is told something. */
  failures: Map<string, ClientError>;
  /** Lines of the log, parsed. */
  lines: Record<string, unknown>[];
  temporalAway: boolean;
  secretFile(name: string, secret: string): string;
  post(path: string, body: string | Buffer, headers: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

/** Starts a webhook server on a free port of 127.0.0.1. */
export async function startReceiver(
  receivers: (secretFile: (name: string, secret: string) => string) => Record<string, ReceiverConfig>,
): Promise<TestReceiver> {
  const folder = mkdtempSync(join(tmpdir(), 'nodewave-webhook-'));
  const secretFile = (name: string, secret: string): string => {
    const file = join(folder, name);
    writeFileSync(file, secret);
    return file;
  };
  const away = (): void => {
    if (test.temporalAway) throw new ClientError('unavailable', 'Temporal at nowhere cannot be reached', 'Start it.');
  };
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(
    { logLevel: 'debug', identity: 'test' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  const metrics = createMetrics();
  const server = createWebhookServer({
    client: {
      async changed(application, changed) {
        away();
        test.told.push({ application, changed });
      },
      async report(application, report) {
        away();
        const failure = test.failures.get(application);
        if (failure !== undefined) throw failure;
        test.reported.push({ application, report });
      },
      async listRepositories() {
        away();
        return test.applications;
      },
    },
    receivers: receivers(secretFile),
    logger,
    metrics,
    readiness: async () => ({}),
  });
  const url = await listen(server, { host: '127.0.0.1', port: 0 });
  const test: TestReceiver = {
    url,
    metrics,
    applications: [],
    told: [],
    reported: [],
    failures: new Map(),
    lines,
    temporalAway: false,
    secretFile,
    post: (path, body, headers) =>
      fetch(`${url}${path}`, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers }),
    async stop() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
  return test;
}

/** Headers of a GitHub push with a right signature. */
export function githubHeaders(body: string | Buffer, secret: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

/** Headers of a Standard Webhooks request with a right signature; `secret` as raw text. */
export function genericHeaders(
  body: string,
  secret: string,
  options: { id?: string; atMs?: number } = {},
): Record<string, string> {
  const id = options.id ?? 'msg_1';
  const timestamp = String(Math.floor((options.atMs ?? Date.now()) / 1000));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}

/** The parts of a GitHub push that are read. */
export function githubPush(repository: string, ref = 'refs/heads/main'): string {
  return JSON.stringify({
    ref,
    after: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
    repository: {
      clone_url: `${repository}.git`,
      html_url: repository,
      ssh_url: `git@git.example.com:${new URL(repository).pathname.slice(1)}.git`,
    },
    commits: [],
  });
}
