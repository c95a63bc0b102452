import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { identify, type ProcessIdentity } from './identity.ts';
import { endProcess, killNow } from './process.ts';

/** kwokctl's own folder in a stack's folder. */
export const kwokWorkDir = (dir: string): string => join(resolve(dir), 'kwok');
/** Folder of the one cluster of a stack: pids, logs, certificates, links to the programs. */
export const clusterWorkDir = (dir: string, name: string): string => join(kwokWorkDir(dir), 'clusters', name);

/** Daemons that kwokctl started for a stack, in the order in which they are to be stopped. */
const stopOrder = ['kwok-controller', 'kube-scheduler', 'kube-controller-manager', 'kube-apiserver', 'etcd'];

/** One daemon of a cluster. */
export interface Daemon {
  name: string;
  identity: ProcessIdentity;
  pidFile: string;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * The running daemons of a stack's cluster, by kwokctl's pid files. A pid counts only while its command runs from the
 * cluster's own folder: after a reboot the same number may be somebody else.
 */
export function clusterDaemons(dir: string): Daemon[] {
  const daemons: Daemon[] = [];
  for (const cluster of namesIn(join(kwokWorkDir(dir), 'clusters'))) {
    const folder = clusterWorkDir(dir, cluster);
    for (const file of namesIn(join(folder, 'pids')).filter((entry) => entry.endsWith('.pid'))) {
      const pidFile = join(folder, 'pids', file);
      const identity = identify(Number(readFileSync(pidFile, 'utf8').trim()));
      if (identity?.command.startsWith(`${folder}/bin/`) === true) {
        daemons.push({ name: file.slice(0, -'.pid'.length), identity, pidFile });
      }
    }
  }
  return daemons.sort((a, b) => stopOrder.indexOf(a.name) - stopOrder.indexOf(b.name));
}

/** Ends a stack's cluster daemons, etcd last so that the others can still write. Returns the names of those that ran. */
export async function endCluster(dir: string, graceMs = 5_000): Promise<string[]> {
  const daemons = clusterDaemons(dir);
  const end = async (daemon: Daemon) => {
    await endProcess(daemon.identity, graceMs);
    rmSync(daemon.pidFile, { force: true });
  };
  await Promise.all(daemons.filter(({ name }) => name !== 'etcd').map(end));
  await Promise.all(daemons.filter(({ name }) => name === 'etcd').map(end));
  return daemons.map(({ name }) => name);
}

/** Kills a stack's cluster daemons now, without waiting; for exit handlers. etcd survives that: it writes ahead. */
export function killClusterNow(dir: string): void {
  for (const { identity } of clusterDaemons(dir)) killNow(identity);
}
