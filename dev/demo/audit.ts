import { readFileSync } from 'node:fs';

interface AuditEntry {
  verb?: string;
  user?: { username?: string };
  objectRef?: { resource?: string; name?: string };
  responseStatus?: { code?: number };
}

/** The user whose DELETE of a pod the API server carried out, by its audit log; null when there is none. */
export function whoDeleted(auditLog: string, pod: string): string | null {
  for (const line of auditLog.split('\n')) {
    // Most lines are about something else, and the newest one may still be half written.
    if (!line.includes(pod) || !line.endsWith('}')) continue;
    const { verb, user, objectRef, responseStatus } = JSON.parse(line) as AuditEntry;
    if (verb !== 'delete' || objectRef?.resource !== 'pods' || objectRef.name !== pod) continue;
    // The kubelet's own DELETE at the end of a pod's life comes later.
    if ((responseStatus?.code ?? 0) < 300) return user?.username ?? null;
  }
  return null;
}

/** Reads the audit log of the demo's cluster. */
export function readAuditLog(file: string | undefined): string {
  return file === undefined ? '' : readFileSync(file, 'utf8');
}
