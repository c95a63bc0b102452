import { cpSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathOf } from '../tools/ensure.ts';
import type { Demo } from './demo.ts';
import { setting, stateDir } from './setting.ts';

/** Leaves the stack running, and says what to look at and how to stop it. */
export async function leaveRunning({ stack, processes, repository }: Demo): Promise<string> {
  await repository.setWebhook(true);
  const file = join(stack.dir, 'env.sh');
  const lines = Object.entries(stack.env).map(([name, value]) => `export ${name}='${value}'`);
  const path = `export PATH='${dirname(pathOf(stack.tools, 'kubectl'))}':"$PATH"`;
  writeFileSync(file, `${[...lines, path].join('\n')}\n`);
  stack.leaveRunning();
  const short = (path: string): string => relative(process.cwd(), path) || '.';
  const { namespace, daemonSet, application } = setting;
  return `Everything runs on:
  Temporal UI       ${stack.temporal.uiUrl ?? ''}/namespaces/${stack.temporal.namespace}/workflows
  Kubernetes API    ${stack.cluster.server}
  metrics           ${processes.setup.operationsUrl}/metrics
  logs              ${short(join(stack.dir, 'logs'))}
  git               ${short(repository.clone)}   (change the image in it, commit, push)

Look around:
  source ${short(file)}
  npm run --silent nodewave -- get ${application}
  npm run --silent nodewave -- status ds/${daemonSet} -n ${namespace}
  kubectl -n ${namespace} get daemonset ${daemonSet} -o wide

Stop it:
  node dev/run.mjs dev/stop.ts ${short(stack.dir)}`;
}

/** Copies the logs to where they outlive the stack's folder; returns that place. */
export function saveLogs(): string {
  const logs = join(stateDir, 'logs');
  if (!existsSync(logs)) return 'none were written';
  const saved = mkdtempSync(join(tmpdir(), 'nodewave-demo-logs-'));
  cpSync(logs, saved, { recursive: true });
  return saved;
}
