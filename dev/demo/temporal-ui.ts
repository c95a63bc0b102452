import { randomUUID } from 'node:crypto';

/** An update as a person sends it in the Temporal UI. */
export interface UiUpdate {
  uiUrl: string;
  namespace: string;
  workflowId: string;
  /** Name of the update, as chosen in the dialog. */
  name: string;
  /** The JSON that the person types. */
  input: unknown;
}

/** What came of it. */
export interface UiAnswer {
  /** Method and path of the request, for people. */
  request: string;
  /** Body of the request. */
  body: string;
  /** The workflow's answer, decoded. */
  result: unknown;
}

interface UpdateAnswer {
  message?: string;
  outcome?: { success?: { payloads?: { data?: string }[] }; failure?: { message?: string } };
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** Path of an update in the UI server's API. Names are escaped, the slash in a rollout's id with them. */
export function updatePath({
  namespace,
  workflowId,
  name,
}: Pick<UiUpdate, 'namespace' | 'workflowId' | 'name'>): string {
  const [space, workflow, update] = [namespace, workflowId, name].map(encodeURIComponent);
  return `/api/v1/namespaces/${space}/workflows/${workflow}/update/${update}`;
}

/** Body of an update as UI 2.42.1 writes it: run of the open page, a new update id, and the input as one JSON payload. */
export function updateBody(runId: string, updateId: string, input: unknown): string {
  const payload = { metadata: { encoding: base64('json/plain') }, data: base64(JSON.stringify(input)) };
  return JSON.stringify({
    workflowExecution: { runId },
    request: { meta: { updateId, identity: '' }, input: { args: { payloads: [payload] } } },
  });
}

/**
 * Sends an update the way the web page does: opens the workflow's page, which sets the token against forged requests,
 * asks for the newest run, and posts with both. No Temporal client is involved. Throws with the workflow's sentence when
 * it refuses, and with the server's when that does.
 */
export async function sendUiUpdate(update: UiUpdate): Promise<UiAnswer> {
  const { uiUrl, namespace, workflowId, input } = update;
  const [space, workflow] = [namespace, workflowId].map(encodeURIComponent);
  const page = await fetch(`${uiUrl}/namespaces/${space}/workflows/${workflow}`);
  await page.text();
  const cookie = page.headers.getSetCookie().find((line) => line.startsWith('_csrf='));
  const token = cookie?.slice('_csrf='.length).split(';')[0] ?? '';
  const headers = { 'Caller-Type': 'operator', 'X-CSRF-TOKEN': token, cookie: `_csrf=${token}` };
  const described = await fetch(`${uiUrl}/api/v1/namespaces/${space}/workflows/${workflow}`, { headers });
  const { workflowExecutionInfo } = (await described.json()) as {
    workflowExecutionInfo?: { execution?: { runId?: string } };
  };
  const runId = workflowExecutionInfo?.execution?.runId;
  if (runId === undefined) throw new Error(`the Temporal UI knows no workflow ${workflowId}: HTTP ${described.status}`);
  const path = updatePath(update);
  const body = updateBody(runId, randomUUID(), input);
  const answer = await fetch(`${uiUrl}${path}`, { method: 'POST', headers, body });
  const { message, outcome } = (await answer.json()) as UpdateAnswer;
  const refusal = outcome?.failure?.message ?? (answer.ok ? undefined : message);
  if (refusal !== undefined) throw new Error(`the update ${update.name} was refused: ${refusal}`);
  const data = outcome?.success?.payloads?.[0]?.data;
  const result: unknown = data === undefined ? null : JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
  return { request: `POST ${path}`, body, result };
}
