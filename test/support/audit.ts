import { readFileSync } from 'node:fs';

/** A pod deletion, or an eviction, that the API server accepted, from its own audit log. */
export interface AuditedDelete {
  atMs: number;
  /** Who, e.g. `system:serviceaccount:nodewave:nodewave`, or `system:controller:daemon-set-controller`. */
  user: string;
  namespace: string;
  pod: string;
  /** The uid that the request named as its precondition. */
  uid: string;
  /** It went through the Eviction API. */
  evicted: boolean;
}

interface AuditEvent {
  verb?: string;
  stage?: string;
  stageTimestamp?: string;
  user?: { username?: string };
  userAgent?: string;
  objectRef?: { resource?: string; namespace?: string; name?: string; subresource?: string };
  responseStatus?: { code?: number };
  requestObject?: { preconditions?: { uid?: string }; deleteOptions?: { preconditions?: { uid?: string } } };
}

/** User of Nodewave's worker in every test. */
export const workerUser = 'system:serviceaccount:nodewave:nodewave';

/** Whether it is Nodewave's worker, that of a test with an account of its own included. */
export const isWorker = (user: string): boolean => /^system:serviceaccount:(nodewave[-\w]*):\1$/.test(user);

/** Accepted deletions of pods in one namespace by Nodewave's worker. */
export function auditedDeletes(auditLogFile: string, namespace: string): AuditedDelete[] {
  return allDeletes(auditLogFile, namespace).filter(({ user }) => isWorker(user));
}

/** Accepted deletions of pods in one namespace, whoever sent them, in the order of the log. */
export function allDeletes(auditLogFile: string, namespace: string): AuditedDelete[] {
  const deletes: AuditedDelete[] = [];
  for (const line of readFileSync(auditLogFile, 'utf8').split('\n')) {
    // Parsing every line of a long log would take longer than the test.
    if (!line.includes(`"${namespace}"`) || !/"(delete|eviction)"/.test(line)) continue;
    const event = JSON.parse(line) as AuditEvent;
    const { objectRef, responseStatus, user } = event;
    const evicted = event.verb === 'create' && objectRef?.subresource === 'eviction';
    if (event.stage !== 'ResponseComplete' || objectRef?.resource !== 'pods') continue;
    if (event.verb !== 'delete' && !evicted) continue;
    const code = responseStatus?.code ?? 0;
    if (objectRef.namespace !== namespace || code < 200 || code > 299) continue;
    const options = evicted ? event.requestObject?.deleteOptions : event.requestObject;
    deletes.push({
      atMs: Date.parse(event.stageTimestamp ?? ''),
      user: controllerOf(event) ?? user?.username ?? '',
      namespace,
      pod: objectRef.name ?? '',
      uid: options?.preconditions?.uid ?? '',
      evicted,
    });
  }
  return deletes;
}

/** The local stack's controllers all come with the admin's certificate; their user agent tells them apart. */
function controllerOf({ userAgent = '' }: AuditEvent): string | undefined {
  return userAgent.startsWith('kube-controller-manager/')
    ? `system:controller:${userAgent.split('/').at(-1)}`
    : undefined;
}
