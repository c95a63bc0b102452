import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

let found: Promise<string[]> | undefined;

/**
 * Words to put before a command so that it runs in a network of its own, with no way out and not even a loopback.
 * Empty where the system does not let an ordinary user make one, as containers often do not: what would use the network is
 * refused before a run as well, so that this is the second lock.
 */
export function isolation(): Promise<string[]> {
  found ??= tryUnshare();
  return found;
}

function tryUnshare(): Promise<string[]> {
  const file = ['/usr/bin/unshare', '/bin/unshare'].find((candidate) => existsSync(candidate));
  if (file === undefined) return Promise.resolve([]);
  const words = [file, '--user', '--net', '--'];
  return new Promise((resolve) => {
    execFile(file, ['--user', '--net', '--', '/bin/sh', '-c', ':'], { env: {}, timeout: 5_000 }, (error) => {
      resolve(error === null ? words : []);
    });
  });
}
