import { delimiter, join } from 'node:path';
import type { Environment } from '../client/index.ts';

/** What the command line takes from its environment. */
export interface CliEnv {
  /** For the Temporal connection: `TEMPORAL_*`, and where temporal.toml is looked for. */
  variables: Environment;
  /** `$USER`, else the account's name: the last resort for `--by`. */
  user: string | undefined;
  /** Files of `$KUBECONFIG`, else ~/.kube/config; they need not exist. */
  kubeconfigFiles: string[];
}

/** Reads the environment; `home` and `account` are those of the person who runs the command. */
export function readEnv(variables: Environment, home: string, account?: string): CliEnv {
  const files = (variables.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return {
    variables,
    user: variables.USER || account || undefined,
    kubeconfigFiles: files.length > 0 ? files : [join(home, '.kube', 'config')],
  };
}
