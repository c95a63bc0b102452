/**
 * At most one task for each key. One that is to do something else than it does is stopped first; what takes its place starts when
 * it has ended and is asked for again.
 */
export class HookTasks {
  readonly #running = new Map<string, { what: string; abort: AbortController; ended: Promise<void> }>();
  #failure: { error: unknown } | null = null;
  #wake: () => void = () => undefined;

  /** How many run. */
  get size(): number {
    return this.#running.size;
  }

  /** Resolves when the next task has ended. For one that waits: a later call takes the place of an earlier one. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Throws the first error that a task ended with, unless it was stopped. */
  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Sees to it that `what` is done for the key, or nothing with null. */
  run(key: string, what: string | null, body: (signal: AbortSignal) => Promise<void>): void {
    const running = this.#running.get(key);
    if (running !== undefined) {
      if (running.what !== what) running.abort.abort(new Error('something else is to be done'));
      return;
    }
    if (what === null) return;
    const abort = new AbortController();
    const ended = this.#guarded(key, abort.signal, body);
    this.#running.set(key, { what, abort, ended });
  }

  /** Stops all and waits for their end. */
  async stop(): Promise<void> {
    for (const { abort } of this.#running.values()) abort.abort(new Error('the batch has ended'));
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #guarded(key: string, signal: AbortSignal, body: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      // Never before `run` has returned: a body that ends at once would be entered after its end.
      await Promise.resolve();
      await body(signal);
    } catch (error) {
      if (!signal.aborted) this.#failure ??= { error };
    } finally {
      this.#running.delete(key);
      this.#wake();
    }
  }
}
