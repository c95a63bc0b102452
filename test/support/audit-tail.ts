import { closeSync, openSync, readSync } from 'node:fs';
import { workerUser } from './audit.ts';

/** A pod deletion that the API server accepted or may have carried out, whoever sent it. */
export interface PodDeletion {
  atMs: number;
  /** When the API server got the request; it may have waited in it. */
  receivedMs: number;
  /** True for Nodewave's worker. */
  byNodewave: boolean;
  /** User and program, e.g. `kubernetes-admin kube-controller-manager/...daemon-set-controller`. */
  by: string;
  pod: string;
  /** False when its deadline ran out first (HTTP 504): then it may have been carried out or not. */
  certain: boolean;
  /** The pod that the request named as its precondition; empty when it named none. */
  uid: string;
}

interface AuditEvent {
  verb?: string;
  stage?: string;
  stageTimestamp?: string;
  requestReceivedTimestamp?: string;
  userAgent?: string;
  user?: { username?: string };
  objectRef?: { resource?: string; namespace?: string; name?: string; subresource?: string };
  responseStatus?: { code?: number };
  requestObject?: { preconditions?: { uid?: string } };
}

/** Reads a growing audit log, each line once. */
export interface AuditTail {
  /** Every deletion of a pod of the namespace so far. */
  read(): readonly PodDeletion[];
}

/** Follows an audit log from its beginning; the API server appends to it over its own restarts. */
export function auditTail(file: string, namespace: string): AuditTail {
  const found: PodDeletion[] = [];
  let offset = 0;
  let rest = '';
  const buffer = Buffer.alloc(1 << 20);
  return {
    read: () => {
      const descriptor = openSync(file, 'r');
      try {
        for (;;) {
          const length = readSync(descriptor, buffer, 0, buffer.length, offset);
          if (length === 0) break;
          offset += length;
          const lines = (rest + buffer.toString('utf8', 0, length)).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            const deletion = deletionOf(line, namespace);
            if (deletion !== null) found.push(deletion);
          }
        }
      } finally {
        closeSync(descriptor);
      }
      return found;
    },
  };
}

function deletionOf(line: string, namespace: string): PodDeletion | null {
  if (!line.includes('"delete"') || !line.includes(`"${namespace}"`)) return null;
  const event = parsed(line);
  const ref = event?.objectRef;
  if (event?.verb !== 'delete' || event.stage !== 'ResponseComplete') return null;
  if (ref?.resource !== 'pods' || ref.subresource !== undefined || ref.namespace !== namespace) return null;
  const code = event.responseStatus?.code;
  if (code !== 200 && code !== 504) return null;
  const user = event.user?.username ?? '';
  return {
    atMs: Date.parse(event.stageTimestamp ?? ''),
    receivedMs: Date.parse(event.requestReceivedTimestamp ?? event.stageTimestamp ?? ''),
    byNodewave: user === workerUser,
    by: `${user} ${event.userAgent ?? ''}`,
    pod: ref.name ?? '',
    certain: code === 200,
    uid: event.requestObject?.preconditions?.uid ?? '',
  };
}

/** An API server that is killed leaves half a line, and its successor writes right behind it. */
function parsed(line: string): AuditEvent | null {
  const texts = [line, line.slice(line.lastIndexOf('{"kind":"Event"'))];
  for (const text of texts) {
    try {
      return JSON.parse(text) as AuditEvent;
    } catch {
      // The next reading, or a line that is lost.
    }
  }
  return null;
}
