import type { ClusterClient } from '../cluster/client.ts';
import type { ReadReports } from '../temporal/reports.ts';
import { answerHttp } from './answer-http.ts';
import { answerLogs } from './answer-logs.ts';
import { answerReports } from './answer-reports.ts';
import type { GateForms } from './ask.ts';
import { createSecretReader, type SecretReader } from './secrets.ts';

/** How requests of gates leave the worker. */
export interface GateReach {
  /**
   * Whether loopback and link-local addresses may be asked: the worker's own ports, and the metadata service of a cloud, which
   * gives out credentials. A policy comes from git, so not by default.
   */
  allowLocal: boolean;
  /** Asks an application what was reported to it. */
  reports: ReadReports;
}

/** Answers requests over HTTP, for logs and for reports. Secrets are kept for minutes: one of these serves all gates. */
export function createGateForms({ allowLocal, reports }: GateReach): GateForms {
  const readers = new WeakMap<ClusterClient, Map<string, SecretReader>>();
  const readerOf = (client: ClusterClient, namespace: string): SecretReader => {
    const ofCluster = readers.get(client) ?? new Map<string, SecretReader>();
    readers.set(client, ofCluster);
    const reader = ofCluster.get(namespace) ?? createSecretReader(client, namespace);
    ofCluster.set(namespace, reader);
    return reader;
  };
  return {
    http: (request, { client, namespace, signal }) =>
      answerHttp(request, { secrets: readerOf(client, namespace), allowLocal, signal }),
    logs: answerLogs,
    reports: (request, scope) => answerReports(request, scope, reports),
  };
}
