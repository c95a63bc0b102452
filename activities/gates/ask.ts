import type { GateAnswer, GateRequest } from '../../domain/gates/types.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { Pod } from '../cluster/objects.ts';
import type { BatchInput } from '../contract.ts';
import { answerJob } from './answer-job.ts';
import { answerNeighbours } from './answer-neighbours.ts';
import type { AskGate } from './runner.ts';

/** Where a question is asked from. */
export interface GateScope {
  client: ClusterClient;
  /** Of the DaemonSet: its Secrets and pods are read, and no others. */
  namespace: string;
  /** That rolls it out, and keeps what was reported. */
  application: string;
  signal: AbortSignal;
}

type Form<F extends GateRequest['form']> = (
  request: Extract<GateRequest, { form: F }>,
  scope: GateScope,
) => Promise<GateAnswer>;

/** Answers what leaves the cluster's objects. */
export interface GateForms {
  http: Form<'http'>;
  logs: Form<'logs'>;
  reports: Form<'reports'>;
}

/** Lines that a failed Job's pod is quoted with. */
const quotedLines = 5;
const quotedBytes = 2_000;

/** Answers the requests of a batch's gates, each by its form. */
export function gateAsker(client: ClusterClient, forms: GateForms, batch: BatchInput, ownUid: string): AskGate {
  const { ref, holder, application } = batch.context;
  const owner = { namespace: ref.namespace, name: ref.name, uid: ownUid };
  return async (gate, request, signal) => {
    const scope: GateScope = { client, namespace: ref.namespace, application, signal };
    switch (request.form) {
      case 'http':
        return await forms.http(request, scope);
      case 'logs':
        return await forms.logs(request, scope);
      case 'reports':
        return await forms.reports(request, scope);
      case 'neighbours':
        return await answerNeighbours(client, request.nodes, ownUid, signal);
      case 'job':
        return await answerJob(request, {
          client,
          owner,
          identity: [holder.rollout, batch.batchIndex, gate.name],
          lastLines: (pod) => lastLines(forms, scope, pod),
          signal,
        });
    }
  };
}

async function lastLines(forms: GateForms, scope: GateScope, pod: Pod): Promise<string[] | null> {
  const { metadata, spec } = pod;
  const answer = await forms.logs(
    {
      form: 'logs',
      pod: {
        node: spec?.nodeName ?? '',
        name: metadata.name,
        uid: metadata.uid,
        ip: null,
        zone: null,
        createdMs: 0,
        restarts: 0,
        available: false,
      },
      sinceMs: 0,
      maxLines: quotedLines,
      maxBytes: quotedBytes,
    },
    scope,
  );
  return answer.form === 'logs' ? answer.lines.slice(-quotedLines) : null;
}
