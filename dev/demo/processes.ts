import { grantDiagnosis, prepareServices, type ServicesSetup, servicesReady, startServices } from '../services.ts';
import { freePort } from '../stack/ports.ts';
import type { ManagedProcess } from '../stack/process.ts';
import type { Stack } from '../stack/stack.ts';
import { setting } from './setting.ts';

/** Worker and webhook server, each in a process of its own, as in production: one can die without the other. */
export interface Processes {
  setup: ServicesSetup;
  /** Starts the webhook server and returns when it is ready. */
  startWebhook(): Promise<ManagedProcess>;
  /** Starts a worker and returns when it is ready. */
  startWorker(): Promise<ManagedProcess>;
  /** Whether the webhook server answers that it is ready. */
  webhookReady(): Promise<boolean>;
}

/** Prepares both for a stack. */
export async function prepareProcesses(stack: Stack): Promise<Processes> {
  const ports = { webhook: await freePort(), operations: await freePort() };
  const setup = await prepareServices(stack, ports, setting.cluster);
  await grantDiagnosis(stack);
  const workerPort = await freePort();
  const workerUrl = `http://127.0.0.1:${workerPort}`;
  const start = async (env: NodeJS.ProcessEnv, operationsUrl: string): Promise<ManagedProcess> => {
    const child = await startServices({ ...setup.env, ...env }, setup.logFile);
    stack.track(child);
    await servicesReady(child, operationsUrl);
    return child;
  };
  return {
    setup,
    startWebhook: () => start({ NODEWAVE_ROLES: 'webhook' }, setup.operationsUrl),
    startWorker: () =>
      start({ NODEWAVE_ROLES: 'worker', NODEWAVE_OPERATIONS_ADDRESS: `127.0.0.1:${workerPort}` }, workerUrl),
    webhookReady: async () => (await fetch(`${setup.operationsUrl}/readyz`)).ok,
  };
}
