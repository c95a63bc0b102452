import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { pathOf, type ToolPaths } from '../tools/ensure.ts';
import { clusterWorkDir, kwokWorkDir } from './cluster-pids.ts';
import { readJson, writeJson } from './json-file.ts';
import { freePort } from './ports.ts';
import { lastLines, startProcess } from './process.ts';

/** Components whose flags can be set. */
export type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok-controller';

/** Flags per component, without the leading dashes; a flag that kwokctl sets already is overridden. */
export type ComponentFlags = Partial<Record<Component, Readonly<Record<string, string>>>>;

/** Ports of one cluster on 127.0.0.1. */
export interface ClusterPorts {
  apiServer: number;
  etcd: number;
  etcdPeer: number;
  controllerManager: number;
  scheduler: number;
  kwok: number;
}

/** What kwokctl needs to know of a cluster. */
export interface KwokctlOptions {
  /** The stack's folder. */
  dir: string;
  name: string;
  tools: ToolPaths;
  ports: ClusterPorts;
  auditPolicyFile?: string | undefined;
  flags: ComponentFlags;
  /** Where the admin kubeconfig goes. */
  kubeconfigFile: string;
}

/** Folder of etcd's data, so of all that the cluster knows. */
export const stateDir = (dir: string): string => join(dir, 'etcd');

/** Ports for a cluster: the usual one of the API server, else those of last time, so that kubeconfig files stay right. */
export async function clusterPorts(dir: string, usualApiPort?: number): Promise<ClusterPorts> {
  const file = join(dir, 'cluster-ports.json');
  const last = readJson<ClusterPorts>(file);
  const ports: ClusterPorts = {
    apiServer: await freePort(usualApiPort, last?.apiServer),
    etcd: await freePort(last?.etcd),
    etcdPeer: await freePort(last?.etcdPeer),
    controllerManager: await freePort(last?.controllerManager),
    scheduler: await freePort(last?.scheduler),
    kwok: await freePort(last?.kwok),
  };
  writeJson(file, ports);
  return ports;
}

function configuration(options: KwokctlOptions): string {
  const patches = Object.entries(options.flags).map(([name, flags]) => ({
    name,
    extraArgs: Object.entries(flags).map(([key, value]) => ({ key, value })),
  }));
  return stringify({
    apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
    kind: 'KwokctlConfiguration',
    options: { bindAddress: '127.0.0.1', etcdPeerPort: options.ports.etcdPeer },
    componentsPatches: patches,
  });
}

function binaryFlags(tools: ToolPaths): string[] {
  return [
    `--etcd-binary=${pathOf(tools, 'etcd')}`,
    `--kube-apiserver-binary=${pathOf(tools, 'kube-apiserver')}`,
    `--kube-controller-manager-binary=${pathOf(tools, 'kube-controller-manager')}`,
    `--kube-scheduler-binary=${pathOf(tools, 'kube-scheduler')}`,
    `--kwok-controller-binary=${pathOf(tools, 'kwok')}`,
  ];
}

/** Everything but certificates and logs is written anew on each start, so that new tools, ports and flags take effect. */
function forgetLastStart(workDir: string): void {
  for (const entry of ['kwok.yaml', 'bin', 'pids', 'kubeconfig.yaml']) {
    rmSync(join(workDir, entry), { recursive: true, force: true });
  }
}

/**
 * Starts the daemons of a cluster and returns when the API server answers. State is kept in `stateDir`, outside of
 * kwokctl's folder, because kwokctl removes its folder when it fails to install. Throws with the end of its log.
 */
export async function createCluster(options: KwokctlOptions): Promise<void> {
  const { dir, name, tools, ports } = options;
  const workDir = clusterWorkDir(dir, name);
  const hadState = existsSync(stateDir(dir));
  forgetLastStart(workDir);
  mkdirSync(kwokWorkDir(dir), { recursive: true });
  const configFile = join(kwokWorkDir(dir), `${name}.yaml`);
  writeFileSync(configFile, configuration(options));
  rmSync(options.kubeconfigFile, { force: true });
  const logFile = join(dir, 'logs', 'kwokctl.log');
  const kwokctl = await startProcess({
    name: 'kwokctl',
    command: pathOf(tools, 'kwokctl'),
    args: [
      `--config=${configFile}`,
      `--name=${name}`,
      'create',
      'cluster',
      '--runtime=binary',
      ...binaryFlags(tools),
      `--kubeconfig=${options.kubeconfigFile}`,
      `--kube-apiserver-port=${ports.apiServer}`,
      `--etcd-port=${ports.etcd}`,
      `--kube-controller-manager-port=${ports.controllerManager}`,
      `--kube-scheduler-port=${ports.scheduler}`,
      `--controller-port=${ports.kwok}`,
      '--enable-crds=Stage',
      ...(options.auditPolicyFile === undefined ? [] : [`--kube-audit-policy=${options.auditPolicyFile}`]),
      '--wait=60s',
      '--timeout=120s',
    ],
    // kwokctl takes kubectl from the PATH and would download it otherwise.
    env: {
      ...process.env,
      KWOK_WORKDIR: kwokWorkDir(dir),
      PATH: `${dirname(pathOf(tools, 'kubectl'))}${delimiter}${process.env.PATH ?? ''}`,
      KUBECONFIG: options.kubeconfigFile,
    },
    logFile,
  });
  const { code, signal } = await kwokctl.ended;
  if (code === 0 && existsSync(options.kubeconfigFile)) return;
  // kwokctl 0.7.0 cannot apply a CRD that exists. With kept state it always does, and by then every daemon has started.
  if (hadState && code === 1 && lastLines(logFile, 1).includes('failed to init crds')) return;
  throw new Error(
    `the cluster did not start: kwokctl ended with ${signal ?? `exit code ${code}`}; its log (${logFile}) ends:\n${lastLines(logFile)}\nlogs of the daemons: ${join(workDir, 'logs')}`,
  );
}
