import { spawn } from 'node:child_process';

/** What came of a command. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** How a command is run. */
export interface CommandOptions {
  cwd?: string;
  /** Whole environment; that of this process without it. */
  env?: NodeJS.ProcessEnv;
  input?: string;
}

/** Runs short commands, and ends those that still run when the demo is stopped. */
export interface Commands {
  /** Throws with its output when the command ends with another code than 0. */
  run(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  stop(): void;
}

/** Makes a runner of commands. */
export function makeCommands(): Commands {
  const running = new Set<ReturnType<typeof spawn>>();
  return {
    run: (command, args, options = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(command, args, {
          cwd: options.cwd,
          env: options.env ?? process.env,
          stdio: ['pipe', 'pipe', 'pipe'],
        });
        running.add(child);
        let stdout = '';
        let stderr = '';
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          stdout += chunk;
        });
        child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
          stderr += chunk;
        });
        // A command that ends without reading its input closes the pipe first.
        child.stdin.on('error', () => undefined);
        child.stdin.end(options.input ?? '');
        child.once('error', (error) => {
          running.delete(child);
          reject(new Error(`${command} did not start: ${error.message}`));
        });
        child.once('close', (code, signal) => {
          running.delete(child);
          if (code === 0) return resolve({ code, stdout, stderr });
          reject(
            new Error(
              `${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}:\n${stdout}${stderr}`.trim(),
            ),
          );
        });
      }),
    stop: () => {
      for (const child of running) child.kill();
    },
  };
}
