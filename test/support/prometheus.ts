import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, returnPort } from '../../dev/stack/ports.ts';
import { lastLines, type ManagedProcess, startProcess } from '../../dev/stack/process.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { ensureTools, pathOf } from '../../dev/tools/ensure.ts';
import type { TestCertificate } from './certificates.ts';

/** How a Prometheus is started. */
export interface PrometheusOptions {
  /** Serves HTTPS with it. */
  tls?: TestCertificate;
  /** Asks for a user and a password; the value is the bcrypt hash. */
  users?: Record<string, string>;
}

/** A real Prometheus on 127.0.0.1 that scrapes one target of this process five times a second. */
export interface TestPrometheus {
  port: number;
  url: string;
  /** What the target serves from now on, in the text format. */
  serve(metrics: string): void;
  /** Waits until the value of the query, asked without credentials, fulfils `holds`; not for servers with TLS or users. */
  until(query: string, holds: (values: number[]) => boolean): Promise<void>;
  /** Ends the server at once, as a crash does; the target stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with the data that it had. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Deadline for the hook that starts the first one: a first build of the tool takes minutes. */
export const prometheusTimeoutMs = 15 * 60_000;

const intervalMs = 200;

/** Starts a Prometheus with its target, and waits until it is ready. */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<TestPrometheus> {
  const tools = await ensureTools(['prometheus'], (line) => process.stderr.write(`${line}\n`));
  const dir = mkdtempSync(join(tmpdir(), 'nodewave-prometheus-'));
  let metrics = '';
  const target = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics);
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  const logFile = join(dir, 'prometheus.log');
  const args = writeConfig(dir, (target.address() as AddressInfo).port, port, options);
  const start = async (): Promise<ManagedProcess> => {
    const started = await startProcess({ name: 'prometheus', command: pathOf(tools, 'prometheus'), args, logFile });
    try {
      await waitFor(
        () => /Server is ready to receive web requests/.test(lastLines(logFile, 20)) && answers(port, options),
        {
          timeoutMs: 60_000,
          what: `Prometheus; its log ends:\n${lastLines(logFile)}`,
        },
      );
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  };
  let running: ManagedProcess | undefined = await start();
  const url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return {
    port,
    url,
    serve: (text) => {
      metrics = `${text.trim()}\n`;
    },
    until: async (query, holds) => {
      await waitFor(async () => holds(await valuesOf(url, query)), { timeoutMs: 20_000, what: `values of ${query}` });
    },
    kill: async () => {
      await running?.stop(0);
      running = undefined;
    },
    restart: async () => {
      writeFileSync(logFile, '');
      running = await start();
    },
    stop: async () => {
      await running?.stop();
      target.closeAllConnections();
      await new Promise((resolve) => target.close(resolve));
      returnPort(port);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function writeConfig(dir: string, target: number, port: number, { tls, users }: PrometheusOptions): string[] {
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  // JSON is YAML.
  const scrape = { job_name: 'agents', scrape_interval: `${intervalMs}ms`, scrape_timeout: `${intervalMs}ms` };
  const config = {
    scrape_configs: [{ ...scrape, honor_labels: true, static_configs: [{ targets: [`127.0.0.1:${target}`] }] }],
  };
  const web = {
    ...(tls === undefined
      ? {}
      : { tls_server_config: { cert_file: file('tls.crt', tls.cert), key_file: file('tls.key', tls.key) } }),
    ...(users === undefined ? {} : { basic_auth_users: users }),
  };
  return [
    `--config.file=${file('prometheus.yml', JSON.stringify(config))}`,
    `--web.config.file=${file('web.yml', JSON.stringify(web))}`,
    `--web.listen-address=127.0.0.1:${port}`,
    // By default nothing is scraped in the first five seconds.
    `--scrape.discovery-reload-interval=${intervalMs}ms`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
  ];
}

/** Whether it answers over HTTP; with TLS or users being told so is enough. */
function answers(port: number, { tls }: PrometheusOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ port, host: '127.0.0.1', path: '/-/ready', agent: false }, (response) => {
      response.resume();
      resolve(tls !== undefined || response.statusCode === 200 || response.statusCode === 401);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

async function valuesOf(url: string, query: string): Promise<number[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  return data.result.map(({ value }) => Number(value[1]));
}
