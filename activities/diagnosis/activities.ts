import { Context } from '@temporalio/activity';
import type { ClusterClient } from '../cluster/client.ts';
import type { DiagnosisActivities } from './contract.ts';
import { explain } from './explain.ts';

/** Makes the activities that say why something fails. */
export function createDiagnosisActivities(deps: {
  clusterFor: (cluster: string) => ClusterClient;
}): DiagnosisActivities {
  return {
    diagnose: async (question) => {
      // Dozens of rules, which a worker whose releases are well never needs in memory.
      const { diagnose } = await import('../../domain/diagnosis/diagnose.ts');
      return await explain(
        deps.clusterFor(question.ref.cluster),
        question,
        diagnose,
        Context.current().cancellationSignal,
      );
    },
  };
}
