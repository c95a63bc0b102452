import type { DaemonSetRecord } from '../../domain/record.ts';
import type { Step } from '../../domain/rollout/step-types.ts';
import type { BatchResult } from '../contract.ts';

const maxNames = 20;
const maxFindings = 10;
const maxNodes = 200;

/** What a batch tells the workflow: counts and a few names, always small. */
export function batchResult(
  verdict: BatchResult['verdict'],
  step: Step,
  record: DaemonSetRecord,
  edit?: string,
): BatchResult {
  return {
    verdict,
    progress: step.progress,
    zones: step.zones,
    findings: step.findings.slice(0, maxFindings),
    redNodes: [...new Set(step.findings.map((finding) => finding.node))].slice(0, maxNodes),
    ...(edit === undefined ? {} : { edit }),
    touched: step.touchedNames.slice(0, maxNodes),
    touchedCount: record.touched.length,
    deferred: step.deferred.slice(0, maxNames),
    aside: [
      ...step.aside.filter((one) => one.kind === 'deferred').slice(0, maxNames),
      ...step.aside.filter((one) => one.kind === 'kept').slice(0, maxNames),
    ],
    exposed: step.exposed.slice(0, maxNodes),
    tolerated: step.tolerated.slice(0, maxFindings),
  };
}
