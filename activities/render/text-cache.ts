import type { RenderedText } from './job.ts';

/** What fits beside everything else in a worker of a few hundred megabytes. */
const mostCharacters = 16_000_000;

/** The newest texts by key: a rollout renders the same commit again for every batch. */
export class TextCache {
  readonly #texts = new Map<string, RenderedText>();
  #characters = 0;

  /** The text, which counts as the newest from then on. */
  get(key: string): RenderedText | undefined {
    const found = this.#texts.get(key);
    if (found === undefined) return undefined;
    this.#texts.delete(key);
    this.#texts.set(key, found);
    return found;
  }

  /** Adds a text and forgets the oldest ones that no longer fit. */
  add(key: string, text: RenderedText): void {
    this.#remove(key);
    this.#texts.set(key, text);
    this.#characters += text.text.length;
    for (const oldest of this.#texts.keys()) {
      if (this.#characters <= mostCharacters) return;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    this.#characters -= this.#texts.get(key)?.text.length ?? 0;
    this.#texts.delete(key);
  }
}
