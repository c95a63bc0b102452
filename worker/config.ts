import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import type { GitSurroundings } from '../activities/git/environment.ts';
import type { ToolSettings } from '../activities/render/tools.ts';
import { ClientError, type Environment, loadTemporalConfig, type TemporalConfig } from '../client/index.ts';
import { type ClusterSource, readClustersFile } from './clusters-file.ts';
import { ConfigError } from './config-error.ts';
import { type ListenAddress, parseAddress, parseInteger, parseWord } from './config-values.ts';
import { type GitSettings, readGitFile } from './git-file.ts';
import { type ReceiverConfig, readReceiversFile } from './receivers-file.ts';

/** What a process does; without NODEWAVE_ROLES both. */
export type Role = 'worker' | 'webhook';

/** How much is logged. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Everything that the services are told; nothing else in them reads the environment. */
export interface ServicesConfig {
  roles: Role[];
  temporal: TemporalConfig;
  /** Shown by Temporal beside everything that this process did. */
  identity: string;
  logLevel: LogLevel;
  /** By the name that `destination.cluster` uses; empty without role `worker`. */
  clusters: Record<string, ClusterSource>;
  /** By the last part of the webhook path; empty without role `webhook`. */
  receivers: Record<string, ReceiverConfig>;
  /** Where clones of git repositories are kept. */
  gitCacheDir: string;
  /** What git takes from this process's environment; nothing else is passed on. */
  gitSurroundings: GitSurroundings;
  /** Which repositories may be read, and how. */
  git: GitSettings;
  /** Where kustomize and helm are looked for. */
  renderTools: ToolSettings;
  /** Where the built workflow code is kept. */
  bundleDir: string;
  webhookAddress: ListenAddress;
  /** Health, readiness and metrics: for the cluster's own eyes, not for the internet. */
  operationsAddress: ListenAddress;
  /** Register missing search attributes instead of only naming them. */
  registerSearchAttributes: boolean;
  /** Gates may ask loopback and link-local addresses. */
  gatesMayAskLocal: boolean;
  maxCachedWorkflows: number;
  /** How long running activities may go on after a stop was asked for. */
  drainMs: number;
  /** How long the start waits for Temporal. */
  temporalWaitMs: number;
}

const roles = ['worker', 'webhook'] as const;
const logLevels = ['debug', 'info', 'warn', 'error'] as const;
const repositoryRoot = join(import.meta.dirname, '..');

function parseRoles(text: string): Role[] {
  const chosen = new Set(text.split(',').map((role) => parseWord('NODEWAVE_ROLES', role.trim(), roles)));
  return roles.filter((role) => chosen.has(role));
}

function required(env: Environment, variable: string, role: Role, what: string): string {
  const value = env[variable];
  if (value) return value;
  const other = role === 'worker' ? 'webhook' : 'worker';
  throw new ConfigError(
    `${variable} is not set; it names ${what}. Set it, or run this process without that role (NODEWAVE_ROLES=${other})`,
  );
}

function temporalConfig(env: Environment): TemporalConfig {
  try {
    return loadTemporalConfig(env);
  } catch (error) {
    if (error instanceof ClientError) throw new ConfigError(`${error.message}. ${error.cure}`, { cause: error });
    throw error;
  }
}

function gitSurroundings(env: Environment): GitSurroundings {
  return {
    PATH: env.PATH,
    SSH_AUTH_SOCK: env.SSH_AUTH_SOCK,
    https_proxy: env.https_proxy || env.HTTPS_PROXY,
    http_proxy: env.http_proxy,
    no_proxy: env.no_proxy || env.NO_PROXY,
    GIT_SSL_CAINFO: env.GIT_SSL_CAINFO,
  };
}

/**
 * Reads the whole configuration of worker and webhook server from the environment and the files that it names.
 * Throws ConfigError; the message says which variable or line is wrong and what to do.
 */
export function loadConfig(env: Environment): ServicesConfig {
  const text = (variable: string, otherwise: string): string => env[variable] || otherwise;
  const integer = (variable: string, otherwise: number, min: number, max: number): number =>
    parseInteger(variable, text(variable, String(otherwise)), { min, max });
  const chosen = parseRoles(text('NODEWAVE_ROLES', roles.join(',')));
  const home = env.HOME || homedir();
  return {
    roles: chosen,
    temporal: temporalConfig(env),
    identity: text('NODEWAVE_IDENTITY', `nodewave-${hostname()}-${process.pid}`),
    logLevel: parseWord('NODEWAVE_LOG_LEVEL', text('NODEWAVE_LOG_LEVEL', 'info'), logLevels),
    clusters: chosen.includes('worker')
      ? readClustersFile(required(env, 'NODEWAVE_CLUSTERS_FILE', 'worker', 'the file that lists the clusters'))
      : {},
    receivers: chosen.includes('webhook')
      ? readReceiversFile(
          required(env, 'NODEWAVE_RECEIVERS_FILE', 'webhook', 'the file that lists the webhook receivers'),
        )
      : {},
    gitCacheDir: text('NODEWAVE_GIT_CACHE', join(env.XDG_CACHE_HOME || join(home, '.cache'), 'nodewave', 'git')),
    gitSurroundings: gitSurroundings(env),
    git: readGitFile(
      env.NODEWAVE_GIT_FILE || undefined,
      parseWord('NODEWAVE_GIT_LOCAL', text('NODEWAVE_GIT_LOCAL', 'false'), ['true', 'false']) === 'true',
    ),
    renderTools: {
      kustomize: env.NODEWAVE_KUSTOMIZE || undefined,
      helm: env.NODEWAVE_HELM || undefined,
      path: env.PATH,
    },
    bundleDir: text('NODEWAVE_BUNDLE_DIR', join(repositoryRoot, 'node_modules', '.cache', 'nodewave')),
    // Loopback unless told otherwise: a laptop must not open ports to its network by itself.
    webhookAddress: parseAddress('NODEWAVE_WEBHOOK_ADDRESS', text('NODEWAVE_WEBHOOK_ADDRESS', '127.0.0.1:8080')),
    operationsAddress: parseAddress(
      'NODEWAVE_OPERATIONS_ADDRESS',
      text('NODEWAVE_OPERATIONS_ADDRESS', '127.0.0.1:9090'),
    ),
    gatesMayAskLocal:
      parseWord('NODEWAVE_GATES_LOCAL', text('NODEWAVE_GATES_LOCAL', 'false'), ['true', 'false']) === 'true',
    registerSearchAttributes:
      parseWord('NODEWAVE_REGISTER_SEARCH_ATTRIBUTES', text('NODEWAVE_REGISTER_SEARCH_ATTRIBUTES', 'true'), [
        'true',
        'false',
      ]) === 'true',
    maxCachedWorkflows: integer('NODEWAVE_MAX_CACHED_WORKFLOWS', 200, 10, 100_000),
    drainMs: integer('NODEWAVE_DRAIN_SECONDS', 10, 0, 3_600) * 1_000,
    temporalWaitMs: integer('NODEWAVE_TEMPORAL_WAIT_SECONDS', 30, 0, 3_600) * 1_000,
  };
}
