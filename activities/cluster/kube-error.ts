import { type FailureCode, NodewaveError } from '../../domain/failures.ts';
import { refusalWords } from '../../domain/refused.ts';

/** One entry of a Status' `details.causes`: what the API server holds against which field. */
export interface KubeCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** What was asked of the API server, for sentences. */
export interface KubeRequest {
  /** As in RBAC: get, list, watch, create, patch, delete. Server-side apply is `patch`. */
  verb: string;
  /** Path without the query, e.g. `/api/v1/namespaces/monitoring/pods/agent-x`. */
  path: string;
}

/** The parts of a metav1.Status that are read. */
interface Status {
  reason?: string;
  message?: string;
  details?: { causes?: KubeCause[]; retryAfterSeconds?: number };
}

/** What deploy/rbac-hooks.yaml grants, as verb and resource. */
const hookRights = new Set(['patch nodes', 'create jobs', 'get jobs', 'delete jobs', 'create pods/eviction']);

/** What deploy/rbac-diagnosis.yaml grants. */
const diagnosisRights = new Set(['get pods/log', 'list events']);

/** What deploy/pin.yaml is about. */
const pinResources = new Set(['podtemplates', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']);

const writeVerbs = new Set(['create', 'patch', 'update']);

/**
 * A request that the API server refused (`status` is the HTTP status) or that never got an answer (`status` is 0).
 * Already a NodewaveError: `code` says who has to act and `message` is the sentence for them.
 */
export class KubeError extends NodewaveError {
  readonly status: number;
  /** Reason of the metav1.Status, e.g. `AlreadyExists`; empty when there is none. */
  readonly reason: string;
  readonly causes: readonly KubeCause[];
  readonly request: KubeRequest;
  constructor(
    code: FailureCode,
    message: string,
    details: { status: number; reason?: string; causes?: readonly KubeCause[]; request: KubeRequest; cause?: unknown },
  ) {
    super(code, message, { cause: details.cause });
    this.name = 'KubeError';
    this.status = details.status;
    this.reason = details.reason ?? '';
    this.causes = details.causes ?? [];
    this.request = details.request;
  }
}

/** Whether the error is the API server's answer with that HTTP status. */
export function hasStatus(error: unknown, status: number): error is KubeError {
  return error instanceof KubeError && error.status === status;
}

/** Makes the error for an answer with an HTTP status of 400 or more. `body` is the raw text. */
export function answerError(request: KubeRequest, status: number, body: string): KubeError {
  const answer = parseStatus(body);
  const said = answer.message ?? (body.trim() === '' ? `HTTP ${status}` : body.trim().slice(0, 500));
  const causes = answer.details?.causes ?? [];
  const { code, message } = judge(request, status, said, causes);
  return new KubeError(code, message, { status, reason: answer.reason, causes, request });
}

/** Makes the error for a request that got no answer: refused, reset, timed out. */
export function connectionError(request: KubeRequest, server: string, cause: unknown): KubeError {
  const why = cause instanceof Error ? deepestMessage(cause) : String(cause);
  return new KubeError('Infrastructure', `API server ${server} did not answer ${describe(request)}: ${why}`, {
    status: 0,
    request,
    cause,
  });
}

function judge(
  request: KubeRequest,
  status: number,
  said: string,
  causes: readonly KubeCause[],
): { code: FailureCode; message: string } {
  const writes = writeVerbs.has(request.verb);
  if (status === 403) {
    const denied = rbacDenial(said);
    if (denied !== null) return { code: 'Forbidden', message: denied };
    // A policy, a quota, a namespace that is going away: no role would help, what is written has to change.
    return { code: writes ? 'BadInput' : 'Forbidden', message: `${refusalWords.admission}${said}` };
  }
  if (status === 409) return { code: 'Conflict', message: `${describe(request)}: ${said}` };
  if (writes && (status === 400 || status === 404 || status === 422)) {
    return { code: 'BadInput', message: `${refusalWords.invalid}${said}${listCauses(said, causes)}` };
  }
  // Server-side apply answers 500 for a field that the schema does not have, or a value of the wrong type.
  if (writes && status === 500 && /^failed to create typed patch object/.test(said)) {
    return { code: 'BadInput', message: `${refusalWords.invalid}${said.replace(/^[^)]*\): /, '')}` };
  }
  if (status === 404 || status === 400 || status === 405 || status === 415) {
    return { code: 'BadInput', message: `${describe(request)}: ${said}` };
  }
  const cure = status === 401 ? '; check that the credentials in the clusters file are still valid' : '';
  return { code: 'Infrastructure', message: `${describe(request)} failed with HTTP ${status}: ${said}${cure}` };
}

/** The sentence for a verb that no role grants; null when it is admission that refused. */
function rbacDenial(said: string): string | null {
  const found =
    /User "(?<user>[^"]*)" cannot (?<verb>\S+) resource "(?<resource>[^"]*)" in API group "(?<group>[^"]*)"(?: in the namespace "(?<namespace>[^"]*)")?/.exec(
      said,
    )?.groups;
  if (found === undefined) return null;
  const { user, verb, resource, group, namespace } = found;
  const where = namespace === undefined ? 'at the cluster scope' : `in namespace ${namespace}`;
  const denied = `${user} may not ${verb} ${resource} ${where}`;
  // What only node hooks and evictions need is granted by a role of its own.
  if (hookRights.has(`${verb} ${resource}`)) return `${denied}; apply deploy/rbac-hooks.yaml`;
  if (diagnosisRights.has(`${verb} ${resource}`)) return `${denied}; apply deploy/rbac-diagnosis.yaml`;
  if (pinResources.has(resource ?? '')) return `${denied}; apply deploy/pin.yaml`;
  return (
    `${denied}; add a rule with apiGroups ["${group}"], resources ["${resource}"], ` +
    `verbs ["${verb}"] to deploy/rbac.yaml and apply it`
  );
}

function describe(request: KubeRequest): string {
  return `${request.verb} ${request.path}`;
}

function listCauses(said: string, causes: readonly KubeCause[]): string {
  // The API server repeats most causes in its message; only what is missing there is added.
  const missing = causes.filter((cause) => cause.field !== undefined && !said.includes(cause.field));
  if (missing.length === 0) return '';
  return ` (${missing.map((cause) => `${cause.field}: ${cause.message ?? cause.reason ?? 'invalid'}`).join('; ')})`;
}

function parseStatus(body: string): Status {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    // A proxy in front of the API server answers with HTML or plain text.
    return {};
  }
}

function deepestMessage(error: Error): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return deepestMessage(error.errors[0]);
  if (error.cause instanceof Error) return deepestMessage(error.cause);
  return error.message === '' ? error.name : error.message;
}
