import { NodewaveError } from '../../domain/failures.ts';
import { shorten } from '../../domain/markdown.ts';

/** What could not be read, each sentence once: an explanation without logs says so instead of looking complete. */
export class Gaps {
  readonly #sentences = new Set<string>();

  /** Reads what is worth having and not needed; where it cannot be read, `otherwise` stands for it. */
  async unless<T>(what: string, otherwise: T, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      this.#sentences.add(shorten(`${what}: ${whyOf(error)}`, 300));
      return otherwise;
    }
  }

  /** At most five. */
  get sentences(): string[] {
    return [...this.#sentences].slice(0, 5);
  }
}

/** Whether the time to read in was over. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function whyOf(error: unknown): string {
  if (error instanceof NodewaveError) return error.message;
  if (isTimeout(error)) return 'not read in the time that there was';
  return error instanceof Error ? error.message : String(error);
}
