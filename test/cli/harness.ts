import type { Outside } from '../../cli/context.ts';
import { run } from '../../cli/run.ts';
import { ClientError, type ClientErrorKind, type NodewaveClient } from '../../client/index.ts';
import { nowMs } from './fixtures.ts';

/** What one invocation printed, and its exit code. */
export interface Invocation {
  code: number;
  out: string;
  err: string;
  /** The one JSON document of standard output; fails when there is something else. */
  json<T = unknown>(): T;
}

/** Runs the command line in this process, with a client that has only the methods that a test gives. */
export async function invoke(
  args: readonly string[],
  client: Partial<NodewaveClient> = {},
  options: { stdin?: string; user?: string } = {},
): Promise<Invocation> {
  let out = '';
  let err = '';
  let clockMs = nowMs;
  const outside: Outside = {
    terminal: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      readStdin: async () => options.stdin ?? '',
      nowMs: () => clockMs,
      sleep: async (ms) => {
        clockMs += ms;
      },
    },
    env: { variables: {}, user: options.user, kubeconfigFiles: [] },
    sender: async (given) => given ?? 'someone',
    connect: async () => clientOf(client),
  };
  const code = await run(args, outside);
  return { code, out, err, json: <T>() => JSON.parse(out) as T };
}

/** A client error, short. */
export function clientError(kind: ClientErrorKind, message: string = kind, cure = ''): ClientError {
  return new ClientError(kind, message, cure);
}

/** Asking for anything that the test did not foresee is an error with the method's name. */
function clientOf(methods: Partial<NodewaveClient>): NodewaveClient {
  const known: Partial<NodewaveClient> = { close: async () => undefined, ...methods };
  return new Proxy(known, {
    get: (target, name) => {
      // A promise resolves with this object, and asks first whether it is a promise itself.
      if (name === 'then' || name in target) return Reflect.get(target, name);
      throw new Error(`the test did not expect ${String(name)}`);
    },
  }) as NodewaveClient;
}
