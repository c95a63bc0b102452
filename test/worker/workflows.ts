import { condition, defineQuery, defineSignal, log, proxyActivities, setHandler } from '@temporalio/workflow';
import type { Changed } from '../../domain/wire.ts';

/** The least that takes pushes like an application, and logs. */
export async function application(input: { name: string }): Promise<void> {
  const { note } = proxyActivities<{ note(input: object): Promise<void> }>({ startToCloseTimeout: '10 seconds' });
  const seen: string[] = [];
  setHandler(defineSignal<[Changed]>('changed'), (changed) => {
    seen.push(changed.deliveryId);
  });
  setHandler(defineQuery('status'), () => ({
    name: input.name,
    spec: { source: { repo: 'https://git.example.com/platform/agents.git' } },
    seen,
  }));
  log.info('from the workflow');
  await note({ spec: { name: input.name }, commit: 'c0ffee' });
  await condition(() => false);
}
