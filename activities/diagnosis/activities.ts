import { Context } from '@temporalio/activity';
import { diagnose } from '../../domain/diagnosis/diagnose.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DiagnosisActivities } from './contract.ts';
import { explain } from './explain.ts';

/** Makes the activities that say why something fails. */
export function createDiagnosisActivities(deps: {
  clusterFor: (cluster: string) => ClusterClient;
}): DiagnosisActivities {
  return {
    diagnose: (question) =>
      explain(deps.clusterFor(question.ref.cluster), question, diagnose, Context.current().cancellationSignal),
  };
}
