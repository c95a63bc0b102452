import { ApplicationFailure, isCancellation, setHandler } from '@temporalio/workflow';
import { findDaemonSet } from '../../domain/application/refusals.ts';
import type { Explanation } from '../../domain/diagnosis/explanation.ts';
import type { ExplainRequest } from '../../domain/wire.ts';
import { diagnosisActivities, readingMs } from '../diagnosis.ts';
import { readFailure } from '../holding.ts';
import { explainUpdate } from '../messages.ts';
import { options, refusal } from './answers.ts';
import type { App } from './app.ts';

/** `explain` looks at the cluster by itself, because its caller waits for the answer; it changes nothing. */
export function setExplainHandler(app: App): void {
  setHandler(explainUpdate, (request) => explain(app, request ?? {}), options(app, 'explain'));
}

async function explain(app: App, { daemonset, pod }: ExplainRequest): Promise<Explanation> {
  const { spec, name } = app.state;
  const target = findDaemonSet(app.state, daemonset);
  if (typeof target === 'string') throw refusal(target);
  if (!spec) throw refusal('Not configured yet.');
  const { cluster } = spec.destination;
  try {
    return await diagnosisActivities(cluster, 'person').diagnose({
      ref: { cluster, ...target },
      application: name,
      withinMs: readingMs.person,
      ...(pod === undefined ? {} : { pod }),
      ...refusalsOf(app, target.name),
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const failed = readFailure(error);
    throw ApplicationFailure.nonRetryable(failed?.sentence ?? 'Nobody could look.', failed?.code ?? 'Defect');
  }
}

/** What the newest attempt could not write: of a commit that is refused there is nothing in the cluster to look at. */
function refusalsOf({ state }: App, daemonset: string): { refusals?: string[] } {
  const said = [state.invalid?.sentence ?? '', state.holding ?? ''];
  const refusals = said.filter((sentence) => sentence.includes(daemonset));
  return refusals.length === 0 ? {} : { refusals };
}
