type Cleanup = () => void;

const cleanups = new Set<Cleanup>();
let installed = false;

/**
 * Runs `cleanup` when this process exits for whatever reason but SIGKILL: normal end, process.exit, an exception that
 * nobody caught. It must be synchronous. Returns a function that takes it back.
 */
export function onExit(cleanup: Cleanup): () => void {
  if (!installed) {
    installed = true;
    process.on('exit', () => {
      for (const run of [...cleanups]) run();
    });
  }
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
  };
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** A terminal, npm and dev/run.mjs each pass one Ctrl-C on; only a later one is a person who has lost patience. */
const impatienceMs = 2_000;

/**
 * On the first SIGINT, SIGTERM or SIGHUP calls `stop` and exits when it is done; on another one at least two seconds
 * later exits at once, which ends every child by the exit guard.
 */
export function stopOnSignals(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let firstMs: number | undefined;
  for (const [signal, exitCode] of Object.entries(exitCodes) as [keyof typeof exitCodes, number][]) {
    process.on(signal, () => {
      const nowMs = Date.now();
      if (firstMs !== undefined) {
        if (nowMs - firstMs > impatienceMs) process.exit(exitCode);
        return;
      }
      firstMs = nowMs;
      stop(signal).then(
        () => process.exit(exitCode),
        (error: unknown) => {
          process.stderr.write(`stopping failed: ${error instanceof Error ? error.message : String(error)}\n`);
          process.exit(1);
        },
      );
    });
  }
}
