import type { IncomingHttpHeaders } from 'node:http';
import type { Report } from '../../domain/wire.ts';

/** Whom a request is about. */
export interface Addressed {
  /** Addresses of the one repository, in every form that the sender gave. */
  repositories: string[];
  /** The one application that is meant, where the sender named it. */
  application?: string;
}

/** What a verified request says: where to look. git decides what is there. */
export interface Push extends Addressed {
  deliveryId: string;
  /** Full refs. */
  refs: string[];
  /** As the sender says, for the log only. */
  commit?: string;
}

/** What a verified request says of a commit, see `Report`. */
export type ReportedCheck = Addressed & Omit<Report, 'by' | 'reason'> & { deliveryId: string };

/** A request that passed its signature check, read. */
export type Reading =
  | { kind: 'push'; push: Push }
  | { kind: 'report'; report: ReportedCheck }
  /** Nothing to do, e.g. a ping. */
  | { kind: 'ignored'; why: string }
  | { kind: 'invalid'; why: string };

/** One way of signing and writing webhooks. */
export interface Scheme {
  /** Why the request is refused, or null when one of the secrets signed exactly these bytes. */
  refusal(headers: IncomingHttpHeaders, body: Buffer, secrets: readonly string[]): Promise<string | null>;
  /** Called only after `refusal` said null. */
  read(headers: IncomingHttpHeaders, body: Buffer): Reading;
}

/** A header's text; empty when it is missing. */
export function header(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}

/** Ids from outside end up in histories and logs: printable and short, or replaced. */
export function cleanId(id: string, otherwise: string): string {
  return /^[\w.:@/+=-]{1,200}$/.test(id) ? id : otherwise;
}

/** Parses JSON without throwing; undefined when it is none. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
