import { readFileSync } from 'node:fs';

/** Requests by verb in an audit log that holds only one user's. Server-side apply counts as `patch`. */
export function requestsByVerb(auditLogFile: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of readFileSync(auditLogFile, 'utf8').split('\n')) {
    if (line === '') continue;
    const { verb } = JSON.parse(line) as { verb?: string };
    if (verb !== undefined) counts[verb] = (counts[verb] ?? 0) + 1;
  }
  return counts;
}

/** Most memory that a process has had so far, in MB, as the kernel counts it. */
export function peakMemoryMb(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('VmHWM:'));
  return Math.round(Number.parseInt(line?.slice(6).trim() ?? '0', 10) / 1024);
}
