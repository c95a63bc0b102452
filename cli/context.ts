import type { NodewaveClient } from '../client/index.ts';
import type { CliEnv } from './env.ts';

/** Where a command reads and writes. */
export interface Terminal {
  /** Standard output; `text` ends with a line break. */
  out(text: string): void;
  /** Standard error: errors, hints, and progress where the output is JSON. */
  err(text: string): void;
  readStdin(): Promise<string>;
  nowMs(): number;
  /** Waits; tests let time pass at once. */
  sleep(ms: number): Promise<void>;
}

/** What the commands are given from outside; tests give their own. */
export interface Outside {
  terminal: Terminal;
  env: CliEnv;
  /** Opens the client; every command opens at most one and it is closed for it. Throws ClientError. */
  connect(env: CliEnv): Promise<NodewaveClient>;
  /** Name of the sender, see `findSender`. */
  sender(given: string | undefined, env: CliEnv): Promise<string>;
}

/** One invocation of the command line. */
export class Cli {
  readonly outside: Outside;
  readonly json: boolean;
  /** Set by a command whose answer is not a plain success. */
  exitCode = 0;
  /** Lowest exit code of an error, for commands whose 1 says something else. */
  errorFloor = 1;
  #client: Promise<NodewaveClient> | null = null;

  constructor(outside: Outside, json: boolean) {
    this.outside = outside;
    this.json = json;
  }

  get terminal(): Terminal {
    return this.outside.terminal;
  }

  /** The client of this invocation, opened on first use. */
  client(): Promise<NodewaveClient> {
    this.#client ??= this.outside.connect(this.outside.env);
    return this.#client;
  }

  /** Who sends a message. The client is opened meanwhile: both take their time, and a message needs both. */
  sender(given: string | undefined): Promise<string> {
    this.client().catch(() => undefined);
    return this.outside.sender(given, this.outside.env);
  }

  /** Prints the answer: as one JSON document with `-o json`, else as the lines that `render` makes. */
  print(answer: unknown, render: () => readonly string[]): void {
    this.terminal.out(this.json ? `${JSON.stringify(answer, null, 2)}\n` : joined(render()));
  }

  /** A line of progress: on standard output, or beside it where that is reserved for JSON. */
  progress(line: string): void {
    if (this.json) this.terminal.err(`${line}\n`);
    else this.terminal.out(`${line}\n`);
  }

  /** Closes what was opened. */
  async close(): Promise<void> {
    const client = await this.#client?.catch(() => null);
    await client?.close();
  }
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
