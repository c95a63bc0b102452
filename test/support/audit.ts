import { readFileSync } from 'node:fs';

/** A pod deletion that the API server accepted, from its own audit log. */
export interface AuditedDelete {
  atMs: number;
  /** Who, e.g. `system:serviceaccount:nodewave:nodewave`. */
  user: string;
  namespace: string;
  pod: string;
  /** The uid that the request named as its precondition. */
  uid: string;
}

interface AuditEvent {
  verb?: string;
  stage?: string;
  stageTimestamp?: string;
  user?: { username?: string };
  objectRef?: { resource?: string; namespace?: string; name?: string; subresource?: string };
  responseStatus?: { code?: number };
  requestObject?: { preconditions?: { uid?: string } };
}

/** User of Nodewave's worker in every test. */
export const workerUser = 'system:serviceaccount:nodewave:nodewave';

/** Accepted deletions of pods in one namespace by Nodewave's worker. */
export function auditedDeletes(auditLogFile: string, namespace: string): AuditedDelete[] {
  return allDeletes(auditLogFile, namespace).filter(({ user }) => user === workerUser);
}

/** Accepted deletions of pods in one namespace, whoever sent them, in the order of the log. */
export function allDeletes(auditLogFile: string, namespace: string): AuditedDelete[] {
  const deletes: AuditedDelete[] = [];
  for (const line of readFileSync(auditLogFile, 'utf8').split('\n')) {
    // Parsing every line of a long log would take longer than the test.
    if (!line.includes(`"${namespace}"`) || !line.includes('"delete"')) continue;
    const event = JSON.parse(line) as AuditEvent;
    const { objectRef, responseStatus, user } = event;
    if (event.verb !== 'delete' || event.stage !== 'ResponseComplete' || objectRef?.resource !== 'pods') continue;
    if (objectRef.namespace !== namespace || responseStatus?.code !== 200) continue;
    deletes.push({
      atMs: Date.parse(event.stageTimestamp ?? ''),
      user: user?.username ?? '',
      namespace,
      pod: objectRef.name ?? '',
      uid: event.requestObject?.preconditions?.uid ?? '',
    });
  }
  return deletes;
}
