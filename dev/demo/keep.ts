import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Demo } from './demo.ts';
import { setting } from './setting.ts';

/** Leaves the stack running, and says what to look at and how to stop it. */
export function leaveRunning({ stack, processes, repository }: Demo): string {
  const file = join(stack.dir, 'env.sh');
  const lines = Object.entries(stack.env).map(([name, value]) => `export ${name}='${value}'`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  stack.leaveRunning();
  const short = (path: string): string => relative(process.cwd(), path) || '.';
  const { namespace, daemonSet, application } = setting;
  return `Everything runs on:
  Temporal UI       ${stack.temporal.uiUrl ?? ''}/namespaces/${stack.temporal.namespace}/workflows
  Kubernetes API    ${stack.cluster.server}
  metrics           ${processes.setup.operationsUrl}/metrics
  logs              ${short(join(stack.dir, 'logs'))}
  git               ${short(repository.clone)}   (push from here; the webhook is off, switch it on with
                    git -C ${short(join(stack.dir, 'git', 'agents.git'))} config demo.webhook true)

Look around:
  source ${short(file)}
  npm run --silent nodewave -- get ${application}
  npm run --silent nodewave -- status ds/${daemonSet} -n ${namespace}
  kubectl -n ${namespace} get daemonset ${daemonSet} -o wide   # where kubectl is installed

Stop it:
  node dev/run.mjs dev/stop.ts ${short(stack.dir)}`;
}
