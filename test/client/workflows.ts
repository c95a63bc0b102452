import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import type { Accepted, Changed, Configure, Decision, PlanDecision } from '../../domain/wire.ts';

const accepted = (message: string): Accepted => ({ accepted: true, message, phase: 'waiting' });

/** The least that answers like an application. */
export async function application(input: { v: 1; name: string; spec: unknown }): Promise<void> {
  const seen: Changed[] = [];
  let configuredBy: string | null = null;
  let removed = false;
  setHandler(defineSignal<[Changed]>('changed'), (changed) => {
    seen.push(changed);
  });
  setHandler(defineQuery('status'), () => ({ name: input.name, spec: input.spec, configuredBy, seen }));
  setHandler(
    defineUpdate<Accepted, [Configure]>('configure'),
    (request) => {
      configuredBy = request.by;
      return accepted('configured');
    },
    {
      validator: (request) => {
        if (request.spec.destination.cluster === 'nowhere') throw new Error('there is no cluster "nowhere"');
      },
    },
  );
  setHandler(defineUpdate<Accepted, [Decision]>('remove'), () => {
    removed = true;
    return accepted('removed');
  });
  await condition(() => removed);
}

/** The least that answers like a rollout. */
export async function rollout(): Promise<void> {
  let approved = false;
  setHandler(defineQuery('status'), () => ({ phase: 'awaitingApprovalBefore' }));
  setHandler(
    defineUpdate<Accepted, [PlanDecision]>('approve'),
    (decision) => {
      if (decision.plan === 'fail') throw ApplicationFailure.nonRetryable('the census could not be taken', 'Conflict');
      approved = true;
      return accepted('approved');
    },
    {
      validator: (decision) => {
        if (decision.plan === 'stale') throw new Error('the plan is ab12cd34, not stale: look again');
      },
    },
  );
  setHandler(defineUpdate<Accepted, [Decision]>('pause'), async () => {
    await condition(() => false);
    return accepted('never');
  });
  await condition(() => approved);
}
